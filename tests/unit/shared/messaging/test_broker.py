"""Subjects are built from a fixed alphabet: the client lets worse through, and the server hangs up."""

import pytest

from shared.messaging.broker import check_subject


@pytest.mark.parametrize(
    "subject",
    [
        "a",
        "BOOKING",
        "booking.confirmed.v1.601c2c4a-dacc-4878-9403-d623be257035",
        "command.booking.create_booking.v1.601c2c4a-dacc-4878-9403-d623be257035.168192fd-4492-42d4-afd7-0efc632a5a80",
        "_INBOX_booking.0123456789abcdef",
        ".".join(["t"] * 16),
        "x" * 255,
    ],
)
def test_good_subjects(subject: str) -> None:
    assert check_subject(subject) == subject


@pytest.mark.parametrize(
    "subject",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a.*",
        "*",
        "a.>",
        ">",
        "a.b*c",
        "a b",
        "a\tb",
        "a\r\nPUB x 1",
        "a\n",
        "a.b\n",
        "a\x00b",
        "$JS.API.STREAM.DELETE.BOOKING",
        "büchung.x",
        "a.\u200bb",
        "a/../b",
        "x" * 256,
        "x" * 5000,
        ".".join(["t"] * 17),
        "a." * 2500 + "a",
    ],
)
def test_bad_subjects(subject: str) -> None:
    with pytest.raises(ValueError, match="a subject has"):
        check_subject(subject)
