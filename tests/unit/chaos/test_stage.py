"""What the stage does to NATS's permissions when a right is revoked."""

from devstack.servers import NATS_DIRECTORY
from tests.chaos.stage import without_rights

PERMISSIONS = (NATS_DIRECTORY / "permissions.conf").read_text()


def test_a_service_loses_the_right_to_publish_its_events_and_nothing_else() -> None:
    left = without_rights(PERMISSIONS, "billing")
    lost = [line.strip() for line in PERMISSIONS.splitlines() if line not in left.splitlines()]
    assert '"billing.payment_succeeded.v1.*"' in lost
    assert all(line.startswith('"billing.') for line in lost)
    assert left.count("nkey:") == PERMISSIONS.count("nkey:")
