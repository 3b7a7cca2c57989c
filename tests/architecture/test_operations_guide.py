"""The operations guide has a line for everything that can be set and for everything that is measured, and no other."""

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from pydantic_settings import BaseSettings

import billing
import booking
import gateway
import notifier
import shared

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "operations.md").read_text()
PACKAGES = (shared, gateway, booking, billing, notifier)
NAMED = re.compile(r"`([^`]+)`")
SERVED_BY_THE_LIBRARY = re.compile(r"process_|python_")


@cache
def everything_is_imported() -> None:
    """Whatever a process may come to, its settings and its metrics included; the programs alone are left out."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def section(title: str) -> str:
    """What stands under a heading of the guide."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## )", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def settings_classes(of: type[BaseSettings] = BaseSettings) -> list[type[BaseSettings]]:
    """Every class of settings that is ours."""
    everything_is_imported()
    ours = [
        below for below in of.__subclasses__() if below.__module__.partition(".")[0] in {p.__name__ for p in PACKAGES}
    ]
    return [one for below in ours for one in (below, *settings_classes(below))]


def measured() -> dict[str, set[str]]:
    """Our metrics as Prometheus reads them, with the names of their labels."""
    everything_is_imported()
    found = {}
    for collector, names in REGISTRY._collector_to_names.items():
        for metric in collector.describe() if hasattr(collector, "describe") else collector.collect():
            if SERVED_BY_THE_LIBRARY.match(metric.name):
                continue
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            assert name in names
            found[name] = set(getattr(collector, "_labelnames", ()))
    return found


def test_every_setting_has_its_line() -> None:
    classes = settings_classes()
    assert len(classes) >= 6
    settings = {name.upper() for one in classes for name in one.model_fields}
    documented = {word for word in NAMED.findall(section("Settings")) if re.fullmatch(r"[A-Z][A-Z0-9_]+", word)}
    assert settings - documented == set(), "docs/operations.md tells nothing of them"
    assert documented - settings == set(), "docs/operations.md tells of settings that there are not"


def rows() -> dict[str, str]:
    """What the guide's table of metrics says, by metric: its row."""
    lines = [line for line in section("Metrics").splitlines() if line.startswith("| `")]
    return {name: line for line in lines for name in NAMED.findall(line.split("|")[1])}


def test_every_metric_has_its_line() -> None:
    assert set(measured()) - set(rows()) == set(), "docs/operations.md tells nothing of them"
    assert set(rows()) - set(measured()) == set(), "docs/operations.md tells of metrics that there are not"


@pytest.mark.parametrize("name", sorted(rows()))
def test_a_metric_is_told_with_its_labels(name: str) -> None:
    told = set(NAMED.findall(rows()[name].split("|")[2]))
    assert measured()[name] <= told


def test_what_the_ready_rules_watch_is_told_with_what_to_do() -> None:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
    watched = " ".join(rule["expr"] for group in groups for rule in group["rules"])
    told = section("What to alert on")
    assert not [name for name in measured() if re.search(rf"\b{name}\b", watched) and f"`{name}" not in told]
