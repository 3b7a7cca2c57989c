"""Subjects are built from a fixed alphabet: the client lets worse through, and the server hangs up (N25)."""

from uuid import uuid4

import pytest

from shared.messaging.broker import check_subject


@pytest.mark.parametrize(
    "subject",
    [
        "a",
        "BOOKING",
        f"booking.confirmed.v1.{uuid4()}",
        f"request.booking.create_booking.v1.{uuid4()}.{uuid4()}",
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
