"""`python -m devstack run-one SERVICE`, what `make run-one` calls: one more replica beside a running stack."""

import os
import sys
from pathlib import Path
from typing import Never
from urllib.parse import urlsplit

from devstack.credentials import Credentials
from devstack.ports import LOOPBACK, Ports, free_ports
from devstack.process import DevstackError
from devstack.run import data_directory, shown
from devstack.servers import REPOSITORY
from devstack.stack import SERVICES, Stack
from shared.local_stack import is_running, told_by

FOLDERS = {"api-gateway": "gateway", **{f"{name}-service": name for name in ("booking", "billing", "notifier")}}
"""Services by the folder that they live in, which is how one knows them when working on one."""


def run_one(service: str) -> int:
    """Become a process of `service` on the servers of the running stack; returns the exit code if that can't be.

    In the foreground, its log on the terminal. What the shell has exported is passed on (`LOG_LEVEL=debug`),
    but where the stack is it is told by the stack.
    """
    try:
        _become(service)
    except (DevstackError, OSError) as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1


def _become(service: str) -> Never:
    name = FOLDERS.get(service, service)
    if name not in SERVICES:
        known = ", ".join((*FOLDERS, *sorted(SERVICES.keys() - FOLDERS.values())))
        raise DevstackError(f"there is no service {service!r}; there are {known}")
    stack = running_stack(data_directory())
    port = free_ports(1)[0]
    about = "the API, and its /docs" if name == "gateway" else "/readyz and /metrics"
    print(f"{service} on http://{LOOPBACK}:{port} ({about}), beside the stack at {stack.api_url}; Ctrl-C stops it")
    sys.stdout.flush()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **stack.environment(name), "PORT": str(port)}
    os.chdir(REPOSITORY)
    os.execve(sys.executable, [sys.executable, *SERVICES[name].command], environment)


def running_stack(directory: Path) -> Stack:
    """The stack that `make run` keeps up on this directory. Raises `DevstackError` if none is ready."""
    dev_env = directory / "dev.env"
    if not is_running(directory):
        raise DevstackError(f"nothing runs on {shown(directory)}: `make run` in another shell starts a stack")
    if not dev_env.exists():
        raise DevstackError(f"the stack on {shown(directory)} is not ready yet")
    ports = Ports.from_base(urlsplit(told_by(directory)["API_URL"]).port or 0)
    return Stack(directory, ports, Credentials.kept_in(directory / "secrets.json"))
