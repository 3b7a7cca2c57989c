"""Settings come from the environment, and a wrong one is named before anything starts."""

import pytest
from pydantic import SecretStr, ValidationError

from shared.runtime.settings import ServiceSettings, load


class ShopSettings(ServiceSettings):
    """Settings of a service for tests."""

    shop_database_url: SecretStr
    shop_signing_key: SecretStr


GOOD = {
    "PORT": "8001",
    "NATS_URL": "nats://127.0.0.1:4222",
    "SHOP_DATABASE_URL": "postgresql://shop:f1a9@db/tidebook",
    "SHOP_SIGNING_KEY": "whsec_f00df00d",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("ENVIRONMENT", "LOG_FORMAT", "LOG_LEVEL", "HOST", "METRICS_ENABLED", "SHUTDOWN_SECONDS", "CRASH_AT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as raised:
        load(ShopSettings)
    assert raised.value.code == 2
    return capsys.readouterr().err


def test_good_settings_are_read_and_frozen() -> None:
    settings = load(ShopSettings)
    assert (settings.port, settings.environment, settings.log_format) == (8001, "production", "json")
    assert settings.shop_signing_key.get_secret_value() == "whsec_f00df00d"
    with pytest.raises(ValidationError):
        setattr(settings, "port", 1)  # noqa: B010 - mypy knows that it is frozen
    assert "f00d" not in repr(settings), "secrets must not reach a log by way of repr"


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_variable_is_named(
    name: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv(name)
    assert refusal(capsys) == f"{name}: Field required\n"


def test_all_missing_variables_are_named_at_once(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in GOOD:
        environment.delenv(name)
    said = refusal(capsys)
    assert all(f"{name}: " in said for name in GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", ""),
        ("ENVIRONMENT", "test"),
        ("LOG_LEVEL", "loud"),
        ("SHUTDOWN_SECONDS", "0"),
        ("SHUTDOWN_SECONDS", "26"),
    ],
)
def test_a_wrong_value_is_named(
    name: str, value: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv(name, value)
    assert refusal(capsys).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOP_SIGNING_KEY", "change-me"),
        ("SHOP_SIGNING_KEY", "CHANGEME"),
        ("SHOP_SIGNING_KEY", "secret"),
        ("SHOP_SIGNING_KEY", "password123"),
        ("SHOP_SIGNING_KEY", "Example-key"),
        ("SHOP_SIGNING_KEY", ""),
        ("SHOP_SIGNING_KEY", "   "),
        ("SHOP_SIGNING_KEY", "  change-me"),
        ("SHOP_DATABASE_URL", ""),
        ("SHOP_DATABASE_URL", "postgresql://shop:change-me@db/tidebook"),
        ("SHOP_DATABASE_URL", "postgresql://shop:password@db/tidebook"),
    ],
)
def test_a_placeholder_is_refused_in_production_only(
    name: str, value: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv(name, value)
    said = refusal(capsys)
    assert f"{name} is still a placeholder" in said
    assert not value.strip() or value not in said, "the value itself stays out of the message"
    environment.setenv("ENVIRONMENT", "development")
    assert getattr(load(ShopSettings), name.lower()).get_secret_value() == value.strip()


@pytest.mark.parametrize("value", ["sk_live_a1b2", "shop-password", "my-secret-7f"])
def test_a_real_secret_may_contain_such_a_word(value: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SHOP_SIGNING_KEY", value)
    assert load(ShopSettings).shop_signing_key.get_secret_value() == value.strip()


def test_crash_points_are_refused_in_production(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("CRASH_AT", "batch.read@billing-issue-refund")
    assert "production refuses it" in refusal(capsys)
    environment.setenv("ENVIRONMENT", "development")
    assert load(ShopSettings).crash_at == "batch.read@billing-issue-refund"


@pytest.mark.parametrize("where", ["batch.reed", "batch.read#0", "batch.read@UPPER", "@billing"])
def test_an_unknown_crash_point_is_named(
    where: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("ENVIRONMENT", "development")
    environment.setenv("CRASH_AT", where)
    assert refusal(capsys) == f"CRASH_AT: Value error, no such failpoint: {where}\n"
