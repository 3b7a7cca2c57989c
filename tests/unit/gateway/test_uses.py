"""The gateway's rights on NATS are what it declares."""

from pathlib import Path

from gateway.uses import USES

ROOT = Path(__file__).parents[3]


def test_importing_a_contract_grants_nothing() -> None:
    granted = (ROOT / "deploy/nats/permissions.conf").read_text()
    gateway = granted.partition("{ # gateway")[2].partition("subscribe")[0]
    sent = {line.strip().strip('"') for line in gateway.splitlines()}
    assert {subject for subject in sent if subject.startswith("command.")} == {
        f"{command.TYPE}.*.*" for command in USES.commands
    }
    assert {subject for subject in sent if subject.startswith("rpc.") and subject.endswith(".v1.*")} == {
        f"{query.TYPE}.*" for query in USES.queries
    }
