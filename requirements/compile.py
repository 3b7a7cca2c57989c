"""Writes the lock files: every version pinned with its hashes, no index address (`make lock`).

`dev.txt` is resolved first, over everything; each service's own lock then takes the same versions. Only `clients.txt`
stands alone: what makes clients from the document has an environment of its own, as it has at whoever makes one.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
SERVICES = ("api-gateway", "booking-service", "billing-service", "notifier-service")
UV = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--universal", "--python-version", "3.11"]
UV += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]


def dependencies(*distributions: str) -> set[str]:
    """What these distributions of ours need from elsewhere."""
    found: set[str] = set()
    for name in distributions:
        project = tomllib.loads((ROOT / name / "pyproject.toml").read_text())["project"]
        found |= {d for d in project["dependencies"] if not d.startswith("tidebook-")}
    return found


def compile_lock(name: str, wanted: set[str], constraint: str | None = None) -> None:
    """Resolve `wanted` into `<name>.txt`."""
    options = ["-c", str(HERE / constraint)] if constraint else []
    source = "\n".join(sorted(wanted)) + "\n"
    subprocess.run([*UV, *options, "-", "-o", str(HERE / f"{name}.txt")], input=source, text=True, check=True)
    print(f"requirements/{name}.txt")


def main() -> None:
    """Write all lock files."""
    extra = {n: set((HERE / f"{n}.in").read_text().split()) for n in ("migrations", "build", "dev", "bench", "clients")}
    run = dependencies("shared", *SERVICES, "cli", "devstack") | extra["migrations"] | extra["build"]
    compile_lock("dev", run | extra["dev"])
    compile_lock("run", run, "dev.txt")
    compile_lock("bench", run | extra["bench"], "dev.txt")
    for service in SERVICES:
        compile_lock(service, dependencies("shared", service) | extra["build"], "dev.txt")
    compile_lock("migrations", extra["migrations"], "dev.txt")
    compile_lock("clients", extra["clients"])


main()
