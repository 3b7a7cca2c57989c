"""The production-like packaging keeps its promises; read from the files, no engine needed."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any

import nkeys
import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from billing.settings import BillingSettings
from booking.settings import BookingSettings
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings
from shared.runtime.settings import NatsSettings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
STEPS = ("migrations", "topology")
"""What runs once and ends before any service starts."""
SCALED = ("booking-service", "billing-service", "notifier-service", "jobs")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[-?])?([^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|SEED|_KEY$")
OPTIONAL_SECRETS = {"SMTP_PASSWORD", "SENDGRID_API_KEY"}
"""Only one mail adapter needs each; the notifier refuses to start when its own is missing."""


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_service_of_the_design_is_there() -> None:
    services = {"api-gateway", "booking-service", "billing-service", "notifier-service", "jobs"}
    assert services | set(STEPS) <= set(OURS)
    images = {service["image"].partition(":")[0] for service in SERVICES.values()}
    assert {"postgres", "nats", "valkey/valkey", "axllent/mailpit", "prom/prometheus", "grafana/grafana"} <= images


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in STEPS:
        assert check == {"disable": True}  # ends by itself: its exit status is what the others wait for
    else:
        assert check["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_names_a_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert tag
    assert "latest" not in tag


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (ROOT / service["build"]["args"]["SERVICE"]).is_dir()


@pytest.mark.parametrize("name", SCALED)
def test_services_can_be_scaled(name: str) -> None:
    assert "container_name" not in SERVICES[name]
    assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", [name for name in OURS if name not in (*STEPS, "fake-stripe")])
def test_services_wait_for_the_deployment(name: str) -> None:
    for step in STEPS:
        assert SERVICES[name]["depends_on"][step] == {"condition": "service_completed_successfully"}
    assert SERVICES[name]["environment"]["ENVIRONMENT"] == "${ENVIRONMENT:-production}"


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "api-gateway"])
def test_only_the_gateway_is_reachable_from_outside(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_down(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable):
            assert VARIABLE.fullmatch(str(value)), variable
        if password := re.search(r"://\w+:(.*)@", str(value)):
            assert VARIABLE.fullmatch(password[1]), variable


NEEDED_BY = {
    "postgres": {"api-gateway", "booking-service", "billing-service", "notifier-service", "jobs", "migrations"},
    "nats": {"api-gateway", "booking-service", "billing-service", "notifier-service", "jobs", "topology"},
    "valkey": {"api-gateway"},
}


@pytest.mark.parametrize("name", NEEDED_BY)
def test_what_holds_data_is_reached_by_who_needs_it_alone(name: str) -> None:
    [network] = SERVICES[name]["networks"]
    assert yaml.safe_load(COMPOSE)["networks"][network] == {"internal": True}
    neighbours = {other for other, service in SERVICES.items() if network in service["networks"]}
    assert neighbours == NEEDED_BY[name] | {name}


@pytest.mark.parametrize("name", ["booking-service", "migrations", "topology"])
def test_who_calls_nobody_outside_has_no_way_out(name: str) -> None:
    networks = yaml.safe_load(COMPOSE)["networks"]
    assert all(networks[network] == {"internal": True} for network in SERVICES[name]["networks"])


def test_the_monitor_of_nats_is_seen_from_its_container_alone() -> None:
    configuration = (ROOT / "deploy/nats/nats-server.conf").read_text()
    assert re.findall(r"^(?:http|https|http_port|https_port|monitor_port): (.*)", configuration, re.MULTILINE) == [
        '"127.0.0.1:8222"'
    ]


def test_compose_refuses_to_start_without_secrets() -> None:
    secrets = {(name, operator) for name, operator, _ in VARIABLE.findall(COMPOSE) if SECRET.search(name)}
    assert {name for name, operator in secrets if operator != ":?"} == OPTIONAL_SECRETS


def test_the_example_names_exactly_what_compose_uses() -> None:
    used = {name for name, _, _ in VARIABLE.findall(COMPOSE)}
    assert set(example()) == used | {"COMPOSE_PROFILES"}  # that one compose reads itself


def test_defaults_and_example_agree() -> None:
    defaults = {name: default for name, operator, default in VARIABLE.findall(COMPOSE) if operator == ":-"}
    written = example()
    assert {name: written[name] for name in defaults} == defaults


NOT_PASSED = {"HOST", "CRASH_AT"}
"""A container listens on all of its addresses; dying at a failpoint is for tests."""
BEHIND_NO_BALANCER = {"SHUTDOWN_DELAY_SECONDS"}
"""Only the gateway is told: nobody sends requests to the others."""
SETTINGS: dict[str, type[BaseSettings]] = {
    "api-gateway": GatewaySettings,
    "booking-service": BookingSettings,
    "billing-service": BillingSettings,
    "notifier-service": NotifierSettings,
    "jobs": NotifierSettings,
    "topology": NatsSettings,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_comes_through(name: str) -> None:
    wanted = {setting.upper() for setting in SETTINGS[name].model_fields} - NOT_PASSED
    if name != "api-gateway":
        wanted -= BEHIND_NO_BALANCER
    if name == "topology":
        wanted -= {"NATS_NKEY_SEED"}  # logs in with a password, in its address
    assert wanted - set(SERVICES[name]["environment"]) == set()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_defaults_are_those_of_the_services(name: str) -> None:
    for setting, field in SETTINGS[name].model_fields.items():
        default = VARIABLE.fullmatch(str(SERVICES[name]["environment"].get(setting.upper(), "")))
        if default and default[2] == ":-" and setting != "smtp_host":
            assert _comparable(default[3]) == _comparable(field.default), setting


def _comparable(value: Any) -> str:
    """A default as an environment variable says it."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "" if value is None else str(value).lower()


def test_the_example_holds_no_secret() -> None:
    assert not {name: value for name, value in example().items() if SECRET.search(name) and value}


Generate = Callable[..., dict[str, str]]
STRIPES = {"STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"}
"""Made by Stripe, not by us."""


@pytest.fixture
def generate(tmp_path: Path) -> Generate:
    """Runs bin/generate-env beside the example; returns what .env then holds, and what it said of it."""
    (tmp_path / "bin").mkdir()
    copy(ROOT / ".env.example", tmp_path)
    copy(ROOT / "VERSION", tmp_path)
    copy(ROOT / "bin" / "generate-env", tmp_path / "bin")

    def run(*options: str, **given: str) -> dict[str, str]:
        command = [str(tmp_path / "bin" / "generate-env"), *options]
        environment = {"PATH": os.environ["PATH"], **given}
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
        )
        (tmp_path / "said").write_text(done.stderr + done.stdout)
        assert done.returncode == 0, done.stderr
        lines = (tmp_path / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    return run


def test_generated_secrets_are_fresh_and_kept(tmp_path: Path, generate: Generate) -> None:
    values = generate()
    assert generate() == values
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", ".env.example", "VERSION", "bin", "said"]
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    secrets = [values[name] for name in example() if SECRET.search(name) and name not in OPTIONAL_SECRETS | STRIPES]
    assert len(set(secrets)) == len(secrets) == 19
    assert all(len(secret) >= 16 for secret in secrets)


def test_generated_keys_belong_together(generate: Generate) -> None:
    values = generate()
    seeds = {name: value for name, value in values.items() if name.endswith("_NKEY_SEED")}
    assert len(seeds) == 5
    for name, seed in seeds.items():
        pair = nkeys.from_seed(bytearray(seed.encode()))
        assert pair.public_key.decode() == values[name.removesuffix("_SEED")]
        assert pair.verify(b"nonce", pair.sign(b"nonce"))


def test_an_older_env_gets_what_is_new(tmp_path: Path, generate: Generate) -> None:
    values = generate()
    lines = (tmp_path / ".env").read_text().splitlines(keepends=True)
    (tmp_path / ".env").write_text("".join(line for line in lines if not line.startswith(("NATS_", "LOG_LEVEL="))))
    again = generate()
    assert again.keys() == values.keys() - {"LOG_LEVEL"}, "settings with a default stay as somebody left them"
    changed = {name for name in again if values[name] != again[name]}
    assert changed == {name for name in values if name.startswith("NATS_")} - {"NATS_TLS_CA"}


FAKES = re.compile(r"fake-stripe|mailpit|127\.0\.0\.1|\bdemo\b|tidebook\.example")
NEEDED = {"STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "MAIL_FROM", "SMTP_HOST"}
"""What only the operator can know, and what a stack for production does not start without."""


def test_an_env_for_production_has_nothing_of_the_demonstration(tmp_path: Path, generate: Generate) -> None:
    values = generate()
    assert not {name: value for name, value in values.items() if FAKES.search(value)}
    assert {name for name in NEEDED if values[name]} == set()
    said = (tmp_path / "said").read_text()
    assert all(name in said for name in NEEDED), "what is still to be written is named"
    assert "DEMONSTRATION" not in said


@pytest.mark.parametrize("odd", ["it's", "ends with \\", "two\nlines"])
def test_what_an_env_file_cannot_hold_is_left_to_its_owner(tmp_path: Path, generate: Generate, odd: str) -> None:
    values = generate(SMTP_PASSWORD=odd, SMTP_HOST="relay.example\r\n")
    assert (values["SMTP_PASSWORD"], values["SMTP_HOST"]) == ("", "relay.example")
    assert "SMTP_PASSWORD has a quote" in (tmp_path / "said").read_text()


def test_one_that_stops_leaves_no_secret_behind(tmp_path: Path, generate: Generate) -> None:
    (tmp_path / ".env").write_text("STRIPE_API_KEY=sk_live_mine\nNATS_JOBS_NKEY_SEED=kept\nNATS_JOBS_NKEY=\n")
    with pytest.raises(AssertionError, match="though its seed is not"):
        generate()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", ".env.example", "VERSION", "bin", "said"]
    ignored = ["git", "check-ignore", "--quiet", "--no-index"]
    for name, code in ((".env", 0), (".env.new", 0), (".env.before-update", 0), (".env.example", 1)):
        assert subprocess.run([*ignored, name], cwd=ROOT, check=False).returncode == code, name


def test_compose_itself_falls_back_to_no_fake() -> None:
    assert not {name: default for name, operator, default in VARIABLE.findall(COMPOSE) if FAKES.search(default)}
    demo = {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]}
    assert demo == {"fake-stripe", "mailpit"}
    assert not [name for name, service in SERVICES.items() if demo & set(service.get("depends_on", {}))]
    needed = {name for name, operator, _ in VARIABLE.findall(COMPOSE) if operator == ":?"}
    assert needed >= NEEDED - {"SMTP_HOST"}  # which the notifier asks for, if mail goes out by SMTP


def test_what_is_given_is_taken_and_kept(tmp_path: Path, generate: Generate) -> None:
    given = {
        "STRIPE_API_KEY": "rk_live_one",
        "STRIPE_WEBHOOK_SECRET": "whsec_one,whsec_two",
        "MAIL_FROM": "bookings@shop.test",
        "SMTP_HOST": "relay.shop.test",
        "SMTP_USERNAME": "shop",
    }
    values = generate(**given, SMTP_PASSWORD="with $ and #")
    assert {name: values[name] for name in given} == given
    assert values["SMTP_PASSWORD"] == "'with $ and #'", "or compose would take it for a variable and a comment"
    assert "refuses to start" not in (tmp_path / "said").read_text()
    assert generate(STRIPE_API_KEY="rk_live_other") == values


def test_a_demonstration_says_what_it_is(tmp_path: Path, generate: Generate) -> None:
    values = generate("--demo")
    assert values["COMPOSE_PROFILES"] == "demo"
    assert values["STRIPE_API_BASE"] == "http://fake-stripe:8000"
    assert values["STRIPE_API_KEY"].startswith("sk_test_")
    assert (values["SMTP_HOST"], values["SMTP_PORT"], values["SMTP_STARTTLS"]) == ("mailpit", "1025", "false")
    assert "NOT FOR PRODUCTION" in (tmp_path / "said").read_text()
    assert generate("--demo") == generate() == values
    assert "NOT FOR PRODUCTION" in (tmp_path / "said").read_text(), "each time"


def test_an_env_for_production_never_becomes_a_demonstration(tmp_path: Path, generate: Generate) -> None:
    values = generate(STRIPE_API_KEY="sk_live_one")
    with pytest.raises(AssertionError, match="move it away"):
        generate("--demo")
    assert generate() == values


def test_images_have_the_version_of_the_checkout(tmp_path: Path, generate: Generate) -> None:
    before = generate()
    assert before["TIDEBOOK_VERSION"] == (ROOT / "VERSION").read_text().strip()
    (tmp_path / "VERSION").write_text("9.9.9\n")
    assert generate() == {**before, "TIDEBOOK_VERSION": "9.9.9"}, "an upgrade builds under its own name"


def test_the_jobs_heartbeat_outlives_a_round() -> None:
    values = example()
    assert int(values["JOB_HEARTBEAT_TTL_SECONDS"]) >= 2 * int(values["JOBS_INTERVAL_SECONDS"])


def test_nats_runs_with_the_configuration_that_ships() -> None:
    assert "./deploy/nats:/etc/tidebook-nats:ro" in SERVICES["nats"]["volumes"]
    assert "nats-server --config /etc/tidebook-nats/nats-server.conf" in SERVICES["nats"]["command"][0]
    assert re.search(r"^\s*sync_interval: always$", (ROOT / "deploy/nats/nats-server.conf").read_text(), re.MULTILINE)
