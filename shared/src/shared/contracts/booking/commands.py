"""What has become of the commands that booking-service takes."""

from typing import ClassVar

from shared.contracts.base import FollowCommand


class FollowBookingCommand(FollowCommand):
    """What has become of a command to booking-service."""

    TYPE: ClassVar[str] = "rpc.booking.follow_command.v1"
