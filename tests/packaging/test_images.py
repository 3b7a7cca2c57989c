"""The Dockerfile and what surrounds it; read from the files, no engine needed."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line.strip()
]
LAST_STAGE = INSTRUCTIONS[max(i for i, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]
LOCKS = ("api-gateway", "booking-service", "billing-service", "notifier-service", "migrations")


def last(name: str) -> str:
    return [argument for instruction, argument in LAST_STAGE if instruction == name][-1]


def test_containers_do_not_run_as_root() -> None:
    user, _, group = last("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_health_is_checked_and_signals_reach_the_service() -> None:
    assert "/healthz" in last("HEALTHCHECK")
    assert json.loads(last("ENTRYPOINT")) == ["serve"]
    assert "exec python -m" in DOCKERFILE


def test_everything_is_installed_by_hash() -> None:
    installs = re.findall(r"pip [^;]*? install [^;]*", DOCKERFILE)
    assert len(installs) == 2
    assert all("--require-hashes" in install or "--no-deps" in install for install in installs)
    assert not re.search(r"https?://(?!127)|index", DOCKERFILE)


def test_no_secret_is_part_of_an_image() -> None:
    named = [argument for instruction, argument in INSTRUCTIONS if instruction in ("ARG", "ENV")]
    assert not [argument for argument in named if re.search(r"PASSWORD|SECRET|TOKEN|KEY", argument)]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored.index("*") < min(i for i, line in enumerate(ignored) if line.startswith("!"))
    assert "**/.*" in ignored
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", LOCKS)
def test_an_image_holds_only_what_its_service_needs(service: str) -> None:
    lock = (ROOT / "requirements" / f"{service}.txt").read_text()
    pinned = {match.lower() for match in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==", lock, re.MULTILINE)}
    foreign = {"stripe": "billing-service", "redis": "api-gateway", "fastapi": "api-gateway"}
    foreign |= {"aiosmtplib": "notifier-service", "alembic": "migrations"}
    assert pinned
    assert pinned & set(foreign) == {name for name, owner in foreign.items() if owner == service}


def test_every_alert_of_the_operations_guide_has_a_rule() -> None:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    expressions = " ".join(rule["expr"] for rule in rules.values())
    for metric in (
        "probe_success",
        "heartbeat_timestamp_seconds",
        "http_5xx_total",
        'webhook_events_total{result="error"}',
        'webhook_events_total{result="ignored"}',
        'email_jobs_total{status="error"}',
        "outbox_oldest_seconds > 30",
        "dead_letters_total",
        "nats_denials_total",
        "requests_shed_total",
        "consumer_stalled_seconds",
        'rate_limiter_decisions_total{decision="failed_open"}',
        'rate_limiter_decisions_total{decision="limited"}',
    ):
        assert metric in expressions, metric
    assert all(rule["labels"]["severity"] in ("page", "ticket") for rule in rules.values())
    assert all(rule["annotations"]["summary"] for rule in rules.values())


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    declared = set()
    for source in ROOT.glob("*/src/**/*.py"):
        for kind, name in re.findall(r"\b(Counter|Gauge|Histogram)\(\s*\"([a-z0-9_]+)\"", source.read_text()):
            declared |= {f"{name}_bucket", f"{name}_count"} if kind == "Histogram" else {name}
    # Those of Prometheus itself, of its prober and of the Python client.
    declared |= {"up", "probe_success", "process_resident_memory_bytes", "ALERTS"}
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    expressions = [rule["expr"] for group in groups for rule in group["rules"]]
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/tidebook.json").read_text())
    expressions += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    words = {"by", "le", "service", "handler", "status", "method", "path", "action", "result", "outcome", "decision"}
    words |= {"sum", "max", "rate", "increase", "absent", "time", "vector", "histogram_quantile", "exported_job"}
    words |= {"and", "or", "unless", "offset", "count", "task", "what", "reason"}
    for expression in expressions:
        bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"|#.*|\b\d+[smhd]?\b", " ", expression)
        asked = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", bare)) - words
        assert asked <= declared, expression
