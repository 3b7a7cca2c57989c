"""`python -m devstack demo`: a booking's whole story, played over HTTP as its customers would."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from devstack.console import Console, duration
from devstack.process import DevstackError
from devstack.run import data_directory
from devstack.seed import bearer, created
from shared.local_stack import told_by

T = TypeVar("T")

_VARIABLES = ("API_URL", "API_KEY", "OPERATOR_API_KEY", "SMTP_INBOX_URL", "STRIPE_API_BASE")
_STRIPE_KEY = "sk_test_demo"
_WITHIN_SECONDS = 30.0
_POLL_SECONDS = 0.1
_PRICE, _DEPOSIT_PERCENT = 8000, 30
_WIDTH = 46


class StoryFailed(Exception):
    """What should have happened, and what did."""


def demo() -> int:
    """Play the story, a line a step. Returns the exit code: 0 only if every step went well."""
    console = Console()
    began = time.monotonic()
    try:
        story = Story(console, _environment())
        console.title("A booking's story", f"against {story.api_url}")
        story.play()
    except (DevstackError, StoryFailed) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    console.title("The end", f"{story.steps} steps, none failed, {duration(time.monotonic() - began)}")
    return 0


def _environment() -> dict[str, str]:
    """Where the stack is: the environment if it names an API, else what `make run` wrote."""
    given = {name: os.environ[name] for name in _VARIABLES if os.environ.get(name)}
    if "API_URL" in given:
        return given  # another stack: nothing of the local one's keys fits
    directory = data_directory()
    try:
        return {**told_by(directory), **given}
    except OSError as error:
        missing = f"there is no {directory / 'dev.env'}"
        raise DevstackError(f"{missing}: start `make run` first, or set API_URL and API_KEY") from error


class Story:
    """The people in it, and what they have in hand so far."""

    def __init__(self, console: Console, environment: dict[str, str]) -> None:
        """`environment` as `_environment` gives it; without inbox or Stripe their steps are left out."""
        self.console = console
        self.api_url = environment["API_URL"]
        self.steps = 0
        self._inbox = _client(environment["SMTP_INBOX_URL"]) if environment.get("SMTP_INBOX_URL") else None
        self._stripe = _client(environment["STRIPE_API_BASE"]) if environment.get("STRIPE_API_BASE") else None
        self._api = _client(self.api_url)
        self._operator_key = environment.get("OPERATOR_API_KEY", "")
        self._key = environment.get("API_KEY", "")
        self._customer = {"name": "Ada Lovelace", "email": f"ada.{uuid4().hex[:10]}@example.com"}
        self._service: dict[str, Any] = {}
        self._resource: dict[str, Any] = {}
        self._booking: dict[str, Any] = {}
        if not self._operator_key and not self._key:
            raise DevstackError("set OPERATOR_API_KEY or API_KEY: the story needs a key")

    def play(self) -> None:
        """Every step in order. Raises `StoryFailed` at the first that goes wrong."""
        self._open_shop()
        self._book()
        if self._stripe:
            self._pay()
        else:
            self.console.skipped("Payment", "not checked: STRIPE_API_BASE is not set", _WIDTH)
        self._expect_mail("Confirmed", "confirmation, with a calendar file", attachment="text/calendar")
        self._reschedule()
        self._cancel()
        self._crew()

    def _open_shop(self) -> None:
        with self._step("The API is ready") as say:
            say(self._until("/readyz to answer 200", self._ready))
        with self._step("A cleaning firm signs up") as say:
            if self._operator_key:
                name = f"Demo {datetime.now(UTC):%H:%M:%S}"
                tenant = created(self._api, self._operator_key, "/v1/tenants", {"name": name})
                wanted = {"tenant_id": tenant["id"], "name": "demo"}
                self._key = created(self._api, self._operator_key, "/v1/api-keys", wanted)["key"]
                say(f"tenant {tenant['id']}")
            else:
                say("the tenant of API_KEY")
            self._api.headers.update(bearer(self._key))
        with self._step("It offers a service") as say:
            offer: dict[str, Any] = {"name": "Spring cleaning", "duration_minutes": 60, "slot_step_minutes": 15}
            offer |= {"price": {"amount": _PRICE, "currency": "eur"}, "minimum_notice_minutes": 0}
            if self._stripe:
                offer["deposit_percent"] = _DEPOSIT_PERCENT
            self._service = created(self._api, self._key, "/v1/services", offer)
            say(f"60 minutes for {_euros(_PRICE)}, {offer.get('deposit_percent', 0)} % ahead")
        with self._step("A team works around the clock") as say:
            hours = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
            team = {"name": "Night owls", "time_zone": "Europe/Paris", "weekly_hours": hours}
            wanted = {**team, "service_ids": [self._service["id"]]}
            self._resource = created(self._api, self._key, "/v1/resources", wanted)
            say("Europe/Paris, 00:00 to 24:00 every day")

    def _book(self) -> None:
        with self._step("A customer looks for a time") as say:
            soon = datetime.now(UTC) + timedelta(minutes=5)
            slot = self._slot(soon, soon + timedelta(minutes=110))
            say(f"{slot['local_start']} is free")
        command = {"service_id": self._service["id"], "starts_at": slot["starts_at"], "customer": self._customer}
        key = str(uuid4())
        with self._step("She books it") as say:
            self._booking = self._made(self._post("/v1/bookings", command, key))
            _expect("status", self._booking["status"], "pending_payment" if self._stripe else "confirmed")
            say(f"201, {self._booking['status']}, {self._booking['id']}")
        with self._step("Her click is sent twice") as say:
            again = self._made(self._post("/v1/bookings", command, key))
            _expect("booking", again["id"], self._booking["id"])
            say("the same booking")
        with self._step("Somebody else wants that time too") as say:
            other = {**command, "customer": {"name": "Charles Babbage", "email": "charles@example.com"}}
            refusal = self._post("/v1/bookings", other, str(uuid4()))
            _expect("status code", refusal.status_code, httpx.codes.CONFLICT, refusal.text)
            _expect("code", refusal.json()["code"], "slot_taken")
            alternatives = refusal.json().get("alternatives") or []
            if not alternatives:
                raise StoryFailed("the refusal names no other times")
            say(f"409 slot_taken, with {len(alternatives)} other times")

    def _pay(self) -> None:
        assert self._stripe is not None
        path = f"/v1/bookings/{self._booking['id']}/payment"
        deposit = _PRICE * _DEPOSIT_PERCENT // 100
        with self._step("Stripe is asked for the deposit") as say:
            payment = self._until("a client secret", lambda: _with(self._shown(path), "client_secret"))
            _expect("amount", payment["amount"], deposit)
            say(f"{_euros(deposit)}, {payment['payment_intent_id']}")
        self._expect_mail("Pay your deposit", "request to pay")
        with self._step("She pays with a test card") as say:
            confirmed = self._stripe.post(
                f"/v1/payment_intents/{payment['payment_intent_id']}/confirm",
                data={"payment_method": "pm_card_visa", "return_url": self.api_url},
                headers=bearer(_STRIPE_KEY),
            )
            _expect("status code", confirmed.status_code, httpx.codes.OK, confirmed.text)
            _expect("intent", confirmed.json()["status"], "succeeded")
            say("Visa, succeeded")
        with self._step("Stripe's webhook confirms the booking") as say:
            self._booking = self._until("the booking to be confirmed", lambda: self._in_status("confirmed"))
            say(f"confirmed, version {self._booking['version']}")
        self._expect_mail("Payment received", "receipt")

    def _reschedule(self) -> None:
        with self._step("The team calls in sick") as say:
            hours = {"starts_at": self._booking["starts_at"], "ends_at": self._booking["ends_at"]}
            wanted = {**hours, "resource_ids": [self._resource["id"]], "reason": "Ill"}
            off = created(self._api, self._key, "/v1/time-off", wanted)
            _expect("bookings in it", [c["booking_id"] for c in off["conflicts"]], [self._booking["id"]])
            say("off for that hour; her booking stands in it, and is told")
        with self._step("She moves it to another day") as say:
            later = datetime.now(UTC) + timedelta(days=5)
            slot = self._slot(later, later + timedelta(days=1))
            headers = {"If-Match": f'"{self._booking["version"]}"'}
            path = f"/v1/bookings/{self._booking['id']}/reschedule"
            moved = self._answer(self._post(path, {"starts_at": slot["starts_at"]}, str(uuid4()), headers))
            if moved["version"] <= self._booking["version"] or moved["starts_at"] != slot["starts_at"]:
                raise StoryFailed(f"it did not move: {moved}")
            self._booking = moved
            say(f"{moved['local_start']}, version {moved['version']}")
        with self._step("Nothing stands in the team's time off now") as say:
            left = self._answer(self._api.get(f"/v1/time-off/{off['id']}"))
            _expect("bookings in it", left["conflict_count"], 0)
            say("0 bookings in it")
        self._expect_mail("Moved", "new time")

    def _cancel(self) -> None:
        with self._step("She cancels") as say:
            path = f"/v1/bookings/{self._booking['id']}/cancel"
            cancelled = self._answer(self._post(path, {"reason": "The cat tidied up"}, str(uuid4())))
            _expect("status", cancelled["status"], "cancelled")
            self._booking = cancelled
            say("cancelled")
        self._expect_mail("Cancelled", "cancellation")
        if self._stripe:
            with self._step("The deposit goes back") as say:
                path = f"/v1/bookings/{self._booking['id']}/payment"
                payment = self._until("the refund", lambda: _having(self._shown(path), "status", "refunded"))
                say(f"{_euros(payment['amount'])} refunded")
            self._expect_mail("Refund", "refund")
        with self._step("The time is free again") as say:
            start = datetime.fromisoformat(self._booking["starts_at"])
            slot = self._slot(start, start + timedelta(minutes=1))
            say(slot["local_start"])

    def _crew(self) -> None:
        """A job for two and a van, asked for by one who may not come."""
        with self._step("The firm buys a van, and hires three") as say:
            hours = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
            common = {"time_zone": "Europe/Paris", "weekly_hours": hours, "service_ids": []}
            crew = [("Van", "van"), ("Bo", "cleaner"), ("Cleo", "cleaner"), ("Dan", "cleaner")]
            made = [
                created(self._api, self._key, "/v1/resources", {**common, "name": name, "kind": kind})
                for name, kind in crew
            ]
            needs = [{"of": "cleaner", "quantity": 2}, {"of": "van"}]
            job = {"name": "Moving out", "duration_minutes": 180, "price": {"amount": 3 * _PRICE, "currency": "eur"}}
            job |= {"requires": needs, "approval_minutes": 60, "minimum_notice_minutes": 0}
            service = created(self._api, self._key, "/v1/services", job)
            say("moving out takes two of them and the van, and the boss's word")
        start = (datetime.now(UTC) + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
        wanted = {"service_id": service["id"], "starts_at": start.isoformat()}
        with self._step("She has it held while she thinks") as say:
            held = created(self._api, self._key, "/v1/holds", wanted)
            say(
                f"{', '.join(resource['name'] for resource in held['resources'])} until {held['expires_at'][11:16]} UTC"
            )
        with self._step("The other cleaner alone is not enough") as say:
            refusal = self._post("/v1/bookings", {**wanted, "customer": self._customer}, str(uuid4()))
            _expect("code", refusal.json()["code"], "slot_taken")
            say("409 slot_taken, all or nothing")
        with self._step("She books what she holds") as say:
            by_hold = {"hold_id": held["id"], "customer": self._customer}
            self._booking = self._made(self._post("/v1/bookings", by_hold, str(uuid4())))
            _expect("status", self._booking["status"], "pending_approval")
            say(f"pending_approval, until {self._booking['approve_by'][11:16]} UTC")
        path = f"/v1/bookings/{self._booking['id']}"
        with self._step("The boss says yes") as say:
            _expect("status", self._answer(self._post(f"{path}/approve", {}, str(uuid4())))["status"], "confirmed")
            say("confirmed")
        with self._step("One cleaner swaps with the third") as say:
            has = [resource["id"] for resource in self._booking["resources"]]
            spare = next(one["id"] for one in made if one["id"] not in has)
            instead = {"resource_ids": [spare, *has[1:]], "reason": "Swapped"}
            given = self._answer(self._post(f"{path}/reassign", instead, str(uuid4())))
            say(", ".join(resource["name"] for resource in given["resources"]))
        with self._step("The office finds her by some letters") as say:
            found = self._answer(self._api.get("/v1/customers", params={"q": "lovel"}))["customers"]
            _expect("customers", [one["email"] for one in found], [self._customer["email"]])
            say(f"“lovel” is {found[0]['name']}")
        with self._step("A viewing, within the minute") as say:
            viewing = {"name": "Viewing", "duration_minutes": 15, "price": {"amount": 0, "currency": "eur"}}
            viewing |= {"minimum_notice_minutes": 120, "requires": [{"of": "van"}]}
            offered = created(self._api, self._key, "/v1/services", viewing)
            soon = (datetime.now(UTC) + timedelta(seconds=65)).replace(second=0, microsecond=0)
            at_once = {"service_id": offered["id"], "starts_at": soon.isoformat(), "customer": self._customer}
            refusal = self._post("/v1/bookings", at_once, str(uuid4()))
            _expect("code", refusal.json()["code"], "too_soon")
            overridden = {**at_once, "override": {"reason": "She is next door"}}
            late = self._made(self._post("/v1/bookings", overridden, str(uuid4())))
            say(f"too_soon, but for the boss: {late['status']} for {late['local_start'][11:16]}")
        with self._step("Nobody is there") as say:
            missed = f"/v1/bookings/{late['id']}/no-show"
            marked = self._until("its start", lambda: self._marked(missed), within=90)
            say(f"{marked['status']}, version {marked['version']}")

    def _marked(self, path: str) -> dict[str, Any] | None:
        answer = self._post(path, {}, str(uuid4()))
        return dict(answer.json()) if answer.status_code == httpx.codes.OK else None

    def _ready(self) -> str | None:
        try:
            return "200" if self._api.get("/readyz").status_code == httpx.codes.OK else None
        except httpx.ConnectError as error:
            raise StoryFailed(f"nothing answers at {self.api_url}: is `make run` running?") from error

    def _slot(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The first free slot that begins in this stretch."""
        query = {"service_id": self._service["id"], "resource_id": self._resource["id"]}
        query |= {"from": start.isoformat(), "to": end.isoformat()}
        found = self._answer(self._api.get("/v1/availability", params=query))["slots"]
        free = [slot for slot in found if start <= datetime.fromisoformat(slot["starts_at"]) < end]
        if not free:
            raise StoryFailed(f"no slot is free between {start:%d %B %H:%M} and {end:%d %B %H:%M} UTC")
        first: dict[str, Any] = free[0]
        return first

    def _post(self, path: str, body: dict[str, Any], key: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self._api.post(path, json=body, headers={"Idempotency-Key": key, **(headers or {})})

    def _made(self, response: httpx.Response) -> dict[str, Any]:
        """The booking a POST made, waited for if it was accepted for later."""
        if response.status_code == httpx.codes.ACCEPTED:
            location = response.headers["Location"]
            return self._until("the accepted booking", lambda: self._once_there(location))
        _expect("status code", response.status_code, httpx.codes.CREATED, response.text)
        made: dict[str, Any] = response.json()
        return made

    def _once_there(self, location: str) -> dict[str, Any] | None:
        response = self._api.get(location)
        return self._answer(response) if response.status_code != httpx.codes.ACCEPTED else None

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        _expect("status code", response.status_code, httpx.codes.OK, response.text)
        answer: dict[str, Any] = response.json()
        return answer

    def _shown(self, path: str) -> dict[str, Any]:
        """What a GET shows; nothing while it isn't there yet."""
        response = self._api.get(path)
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.ACCEPTED):
            return {}
        return self._answer(response)

    def _in_status(self, status: str) -> dict[str, Any] | None:
        return _having(self._shown(f"/v1/bookings/{self._booking['id']}"), "status", status)

    def _expect_mail(self, subject: str, what: str, *, attachment: str = "") -> None:
        label = f"  mail: {what}"
        if self._inbox is None:
            self.console.skipped(label, "not checked: SMTP_INBOX_URL is not set", _WIDTH)
            return
        with self._step(label) as say:
            mail = self._until(f"a mail “{subject}…”", lambda: self._mail(subject))
            kinds = [file["content_type"] for file in mail["attachments"]]
            if attachment and attachment not in kinds:
                raise StoryFailed(f"“{mail['subject']}” has no {attachment} attachment, but {kinds or 'none'}")
            say(f"“{mail['subject']}”")

    def _mail(self, subject: str) -> dict[str, Any] | None:
        assert self._inbox is not None
        answer = self._inbox.get("/messages", params={"to": self._customer["email"], "subject": subject})
        _expect("status code", answer.status_code, httpx.codes.OK, answer.text)
        return next((mail for mail in answer.json() if mail["subject"].startswith(subject)), None)

    def _until(self, what: str, probe: Callable[[], T | None], within: float = _WITHIN_SECONDS) -> T:
        """What `probe` returns once it returns something."""
        deadline = time.monotonic() + within
        while (found := probe()) is None:
            if time.monotonic() > deadline:
                raise StoryFailed(f"waited {within:g} s for {what}, in vain")
            time.sleep(_POLL_SECONDS)
        return found

    @contextmanager
    def _step(self, label: str) -> Iterator[Callable[[str], None]]:
        """A line of the story; what is said in it stands beside the label."""
        began = time.monotonic()
        said: list[str] = []
        try:
            yield said.append
        except (StoryFailed, DevstackError) as error:
            self.console.failed(label, str(error), _WIDTH)
            raise
        except (httpx.HTTPError, KeyError, ValueError) as error:
            self.console.failed(label, repr(error), _WIDTH)
            raise StoryFailed(f"“{label.strip()}” failed: {error!r}") from error
        self.steps += 1
        self.console.done(label, " ".join(said), time.monotonic() - began, _WIDTH)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=35, trust_env=False)


def _expect(what: str, actual: object, wanted: object, context: str = "") -> None:
    if actual != wanted:
        raise StoryFailed(f"{what} is {actual}, not {wanted}{f': {context[:300]}' if context else ''}")


def _with(shown: dict[str, Any], member: str) -> dict[str, Any] | None:
    return shown if shown.get(member) else None


def _having(shown: dict[str, Any], member: str, value: object) -> dict[str, Any] | None:
    return shown if shown.get(member) == value else None


def _euros(cents: int) -> str:
    return f"€{cents / 100:.2f}"
