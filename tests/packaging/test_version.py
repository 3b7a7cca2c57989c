"""The version stands in the file VERSION; everything else reads it there."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from gateway.app import openapi_document
from shared.runtime.service import VERSION

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "VERSION").read_text().strip()
PROJECTS = [tomllib.loads(path.read_text()) for path in sorted(ROOT.glob("*/pyproject.toml"))]


def test_it_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", WRITTEN)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project["project"]["name"])
def test_every_distribution_has_it(project: dict[str, dict[str, object]]) -> None:
    name = project["project"]["name"]
    assert "version" not in project["project"], f"{name} has a version of its own"
    assert version(str(name)) == WRITTEN, "`bin/setup dev` installs the new one"


def test_services_and_documents_tell_it() -> None:
    assert VERSION == WRITTEN
    assert openapi_document()["info"]["version"] == WRITTEN


def test_nothing_else_has_it_written_down() -> None:
    # The document is generated, the changelog tells of versions, tests and locks may have another thing's.
    elsewhere = [":!VERSION", ":!CHANGELOG.md", ":!docs/openapi", ":!tests", ":!requirements", ":!bench/results"]
    elsewhere.append(":!*/package-lock.json")
    command = ["git", "grep", "-lwF", WRITTEN, "--", ".", *elsewhere]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not found.stdout


def test_images_are_built_with_it() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.index("COPY VERSION ./") < dockerfile.index("COPY shared ./shared"), "before what reads it"
    assert "!VERSION" in (ROOT / ".dockerignore").read_text().splitlines()
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = [service for service in services.values() if "build" in service]
    assert ours
    for service in ours:
        assert service["build"]["args"]["VERSION"] == service["image"].partition(":")[2]
