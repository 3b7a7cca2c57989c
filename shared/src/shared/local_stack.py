"""Where the stack of `make run` on this machine keeps its data, and what it tells programs beside it.

Standard library only: whatever is typed beside a stack asks here, so that one variable leads all of it to the same one.
"""

import fcntl
import os
from pathlib import Path

DEFAULT_PORT_BASE = 8000
LOWEST_PORT_BASE, HIGHEST_PORT_BASE = 1024, 65_519
_DIRECTORY = ".tidebook"


def port_base() -> int:
    """The first port of the stack: `TIDEBOOK_PORT_BASE`, or 8000. Raises ValueError for what can't be one."""
    given = os.environ.get("TIDEBOOK_PORT_BASE", "")
    if not given:
        return DEFAULT_PORT_BASE
    if not given.isascii() or not given.isdigit() or not LOWEST_PORT_BASE <= int(given) <= HIGHEST_PORT_BASE:
        raise ValueError(f"TIDEBOOK_PORT_BASE={given} is not a number from {LOWEST_PORT_BASE} to {HIGHEST_PORT_BASE}")
    return int(given)


def data_directory() -> Path:
    """Where everything of the stack lives: `TIDEBOOK_DIR`, else `.tidebook` here, named for the ports if moved.

    So `TIDEBOOK_PORT_BASE` alone tells two stacks apart. Raises ValueError as `port_base` does.
    """
    if given := os.environ.get("TIDEBOOK_DIR"):
        return Path(given).absolute()
    base = port_base()
    return Path(_DIRECTORY if base == DEFAULT_PORT_BASE else f"{_DIRECTORY}-{base}").absolute()


def told_by(directory: Path) -> dict[str, str]:
    """The variables that the stack on this directory has written into `dev.env`. Raises OSError if there are none."""
    lines = (directory / "dev.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def is_running(directory: Path) -> bool:
    """Whether a `make run` holds this directory, ready or not; a file that one left behind says nothing."""
    try:
        # Shared, so that two who ask at once don't take each other for a stack.
        with (directory / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
