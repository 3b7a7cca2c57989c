"""Addresses that any relay takes; `channels/email/test_mime.py` has those that none gets."""

import pytest

from notifier.addresses import checked_address


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("ada@example.com", "ada@example.com"),
        ("o'neil+tidebook@mail.example.co.uk", "o'neil+tidebook@mail.example.co.uk"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
    ],
)
def test_plain_addresses_pass(address: str, plain: str) -> None:
    assert checked_address(address) == plain
