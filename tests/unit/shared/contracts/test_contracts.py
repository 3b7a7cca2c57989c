"""The published language: what is on disk is what other services, older and newer, send and expect (ADR 0009)."""

import json
import re

import pytest
from pydantic import ValidationError

from shared.contracts.base import Command, Contract, Event, Query
from shared.contracts.money import Money
from tests.support.builders import GOLDEN, encoded, example, messages

MESSAGES = messages()
REGENERATE = "if the change is additive, run `make docs` and review the difference"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_golden_file_is_still_understood_and_still_what_we_send(name: str) -> None:
    golden = (GOLDEN / f"{name}.json").read_text()
    message = MESSAGES[name].model_validate_json(golden)
    assert encoded(message) == golden, f"{name} is no longer encoded as before: {REGENERATE}"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_golden_file_has_every_member(name: str) -> None:
    assert encoded(example(MESSAGES[name])) == (GOLDEN / f"{name}.json").read_text(), REGENERATE


def test_every_message_has_a_golden_file_and_every_file_a_message() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(MESSAGES)
    assert len([m for m in MESSAGES.values() if issubclass(m, Event)]) >= 15


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_newer_senders_member_is_ignored(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    message = MESSAGES[name].model_validate({**golden, "member_of_next_year": [1]})
    assert message.model_dump(mode="json", exclude={"member_of_next_year"}) == golden


def test_names_follow_the_grammar() -> None:
    for name, contract in MESSAGES.items():
        if issubclass(contract, Command):
            assert re.fullmatch(r"command\.booking\.[a-z_]+\.v[1-9]", name), name
        elif issubclass(contract, Event):
            owner = contract.__module__.split(".")[2]
            assert re.fullmatch(rf"{owner}\.[a-z_]+\.v[1-9]", name), name
        elif issubclass(contract, Query):
            assert re.fullmatch(r"rpc\.(booking|billing)\.(get|list|find|follow)_[a-z_]+\.v[1-9]", name), name


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_no_event_carries_a_client_secret(name: str) -> None:
    if issubclass(MESSAGES[name], Event):
        assert "client_secret" not in (GOLDEN / f"{name}.json").read_text()


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_messages_are_frozen(name: str) -> None:
    message: Contract = example(MESSAGES[name])
    member = next(iter(type(message).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, member, None)


@pytest.mark.parametrize(
    ("amount", "currency"), [(-1, "eur"), (100_000_000, "eur"), (1, "EUR"), (1, "euro"), (1, ""), (1, "eu\n")]
)
def test_money_is_bounded(amount: int, currency: str) -> None:
    with pytest.raises(ValidationError):
        Money(amount=amount, currency=currency)
