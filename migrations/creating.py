"""A new migration: `python -m migrations new booking-service add_customers`, what `make migration` calls."""

import re
from argparse import Namespace
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

LONGEST_REVISION = 32
"""Characters that alembic's own table keeps of a revision's name."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REVISION_IN_CODE = re.compile(r"^SCHEMA_REVISION = .*$", re.MULTILINE)


def create(config: Config, name: str) -> Path:
    """Write the next migration of a history, empty but for what all have. Raises `ValueError` for a bad name.

    It is numbered after the newest one, and named `NNNN_<name>`.
    """
    config.cmd_opts = Namespace(quiet=True)
    history = ScriptDirectory.from_config(config)
    newest = history.get_current_head()
    revision = f"{int(newest[:4]) + 1 if newest else 1:04}_{name}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a migration: lower-case words, joined by _")
    if len(revision) > LONGEST_REVISION:
        raise ValueError(f"{revision} is too long: a revision has at most {LONGEST_REVISION} characters")
    config.set_main_option("file_template", "%%(rev)s")
    message = name.replace("_", " ").capitalize() + "."
    written = command.revision(config, message, rev_id=revision)
    if written is None or isinstance(written, list):
        raise LookupError(f"alembic wrote no file for {revision}")
    return Path(written.path)


def require(service: str, root: Path, revision: str) -> Path | None:
    """Let a service's code need this migration; returns the file that says so, None where its source is not."""
    for path in sorted(root.glob(f"*/src/{service}/schema.py")):
        path.write_text(_REVISION_IN_CODE.sub(f'SCHEMA_REVISION = "{revision}"', path.read_text()))
        return path.relative_to(root)
    return None
