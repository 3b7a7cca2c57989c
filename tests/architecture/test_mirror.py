"""The tests of a module are found by its path: `billing/refunds/model.py` has its in `tests/*/billing/refunds/`."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "gateway": ROOT / "api-gateway/src/gateway",
    "booking": ROOT / "booking-service/src/booking",
    "billing": ROOT / "billing-service/src/billing",
    "notifier": ROOT / "notifier-service/src/notifier",
    "shared": ROOT / "shared/src/shared",
}
NOT_CODE = {"golden", "__pycache__"}


def folders(suite: Path) -> set[Path]:
    """The folders of a suite that hold tests, as paths below it."""
    return {test.parent.relative_to(suite) for test in suite.rglob("test_*.py")}


@pytest.mark.parametrize(
    ("suite", "package"),
    [
        *((ROOT / "tests/unit" / name, path) for name, path in PACKAGES.items()),
        *((ROOT / "tests/service" / name, path) for name, path in PACKAGES.items() if name != "shared"),
        (ROOT / "tests/shared", PACKAGES["shared"]),
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_folders_of_tests_are_packages_of_the_code(suite: Path, package: Path) -> None:
    tested = folders(suite)
    assert tested, f"{suite} holds no tests"
    assert not [str(folder) for folder in tested if not (package / folder).is_dir()]


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_of_the_code_have_tests(name: str) -> None:
    """Each package, or the one that it is part of, is tested somewhere."""
    suites = [ROOT / "tests/unit" / name, ROOT / "tests/service" / name, ROOT / "tests" / name]
    tested = {folder for suite in suites if suite.is_dir() for folder in folders(suite)} - {Path()}
    packages = {
        path.parent.relative_to(PACKAGES[name])
        for path in PACKAGES[name].rglob("*.py")
        if path.name != "__init__.py" and path.parent != PACKAGES[name]
    }
    untested = {package for package in packages if not {package, *package.parents} & tested}
    assert not {str(package) for package in untested if not NOT_CODE & set(package.parts)}
