"""Which points there are on which paths, and the story that leads to each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from billing.failpoints import BillingFailpoint
from gateway.failpoints import GatewayFailpoint
from notifier.failpoints import NotifierFailpoint
from shared.contracts.base import Command
from shared.failpoints import Failpoint, KernelFailpoint
from tests.crash.audit import HANDLERS
from tests.crash.story import Step, Story
from tests.support.client import in_days

SERVICE, RESOURCE, BOOK = Story.offer_service, Story.add_resource, Story.book
PAID: list[Step] = [SERVICE, RESOURCE, BOOK, Story.pay, Story.reschedule, Story.cancel]
"""The whole life of a booking; most paths lie on it."""
UNPAID: list[Step] = [SERVICE, RESOURCE, BOOK, Story.call_off]
EXPIRED: list[Step] = [SERVICE, RESOURCE, BOOK, Story.expire]
LATE: list[Step] = [SERVICE, RESOURCE, BOOK, Story.pay_late]
UNHEARD: list[Step] = [SERVICE, RESOURCE, BOOK, Story.pay_unheard]
COMPLETED: list[Step] = [
    Story.offer_service_without_deposit,
    RESOURCE,
    Story.book_without_deposit,
    Story.complete,
]
BEGUN: list[Step] = [
    Story.offer_service_without_deposit,
    RESOURCE,
    Story.book_without_deposit,
    Story.set_out,
]
DONE: list[Step] = [*BEGUN[:-1], Story.finish]
MISSED: list[Step] = [*BEGUN[:-1], Story.miss]
_OF = "/v1/bookings/{booking}"
MORE: Step = partial(Story.command, path=_OF, body={"notes": "x"}, method="PATCH", events=("booking.changed.v1",))
CHANGED: list[Step] = [*BEGUN[:-1], MORE]
REASSIGNED: list[Step] = [*BEGUN[:-1], Story.reassign]
ASKED: list[Step] = [Story.offer_service_on_approval, RESOURCE, Story.book_on_approval]
APPROVED: list[Step] = [*ASKED, Story.approve]
DECLINED: list[Step] = [*ASKED, Story.decline]
UNANSWERED: list[Step] = [*ASKED, Story.leave_unanswered]
HELD: list[Step] = [Story.offer_service_without_deposit, RESOURCE, Story.hold]
_HOLD = "/v1/holds/{last}"
EXTENDED: list[Step] = [
    *HELD, partial(Story.command, path=f"{_HOLD}/extend", body={}, events=("booking.hold_extended.v1",)),
]  # fmt: skip
RELEASED: list[Step] = [
    *HELD, partial(Story.command, path=_HOLD, body={}, method="DELETE", events=("booking.hold_released.v1",)),
]  # fmt: skip
HELD_AND_BOOKED: list[Step] = [*HELD, Story.book_hold]
ENDED: list[Step] = [*HELD, Story.let_hold_end]
CROWD: list[Step] = [Story.offer_service_without_deposit, RESOURCE, Story.book_twenty]
SLOW_START: list[Step] = [SERVICE, RESOURCE, Story.book_and_call_off]
FAILED_INTENT: list[Step] = [SERVICE, RESOURCE, Story.book_while_stripe_fails]
FAILED_REFUND: list[Step] = [SERVICE, RESOURCE, BOOK, Story.pay, Story.cancel_while_stripe_fails]

_DAY = in_days(30).date().isoformat()
ADD_TIME_OFF: Step = partial(
    Story.command,
    path="/v1/time-off",
    body={"first_date": _DAY, "last_date": _DAY},
    events=("booking.time_off_added.v1",),
    rows=("booking.time_off",),
)
REMOVE_TIME_OFF: Step = partial(
    Story.command, path="/v1/time-off/{last}", body={}, method="DELETE", events=("booking.time_off_removed.v1",)
)
OVERRIDE = f"/v1/resources/{{last}}/overrides/{_DAY}"
_CHANGED = ("booking.resource_changed.v1",)
OVERRIDE_HOURS: Step = partial(Story.command, path=OVERRIDE, body={"windows": []}, method="PUT", events=_CHANGED)
RESTORE_HOURS: Step = partial(Story.command, path=OVERRIDE, body={}, method="DELETE", events=_CHANGED)
_LAST_RESOURCE, _LAST_SERVICE = "/v1/resources/{last}", "/v1/services/{last}"


def _changes(path: str, event: str, body: dict[str, Any], rows: tuple[str, ...] = ()) -> list[Step]:
    """A thing of the catalog is changed, put away and brought back."""
    events = (event,)
    return [
        partial(Story.command, path=path, body=body, method="PATCH", events=events, rows=rows),
        partial(Story.command, path=f"{path}/archive", body={}, events=events),
        partial(Story.command, path=f"{path}/restore", body={}, events=events),
    ]


_PRICE = {"price": {"amount": 9500, "currency": "eur"}}
OF_SERVICE = _changes(_LAST_SERVICE, "booking.service_changed.v1", _PRICE, ("booking.service_prices",))
OF_RESOURCE = _changes(_LAST_RESOURCE, "booking.resource_changed.v1", {"name": "Team B"})
SERVICE_CHANGES: list[Step] = [SERVICE, *OF_SERVICE]
ADD_PLACE: Step = partial(
    Story.command,
    path="/v1/locations",
    body={"name": "Depot", "time_zone": "Europe/Paris"},
    rows=("booking.locations",),
)
OF_PLACE = _changes("/v1/locations/{last}", "booking.location_changed.v1", {"name": "Depot B"})
PLACE_CHANGES: list[Step] = [ADD_PLACE, *OF_PLACE]
RESOURCE_CHANGES: list[Step] = [SERVICE, RESOURCE, *OF_RESOURCE]
_CUSTOMER, _LAST_CUSTOMER = {"name": "Ada", "email": "ada@registry.example"}, "/v1/customers/{last}"
ADD_CUSTOMER: Step = partial(
    Story.command,
    path="/v1/customers",
    body=_CUSTOMER,
    events=(),
    rows=("booking.customers", *["booking.customer_words"] * 4),
)
_LONGER = {"name": "Ada Lovelace"}
OF_CUSTOMER = _changes(_LAST_CUSTOMER, "booking.customer_changed.v1", _LONGER, ("booking.customer_words",))
ERASE_CUSTOMER: Step = partial(
    Story.command, path=f"{_LAST_CUSTOMER}/erase", body={}, events=("booking.customer_erased.v1",)
)
CUSTOMER_CHANGES: list[Step] = [ADD_CUSTOMER, *OF_CUSTOMER, ERASE_CUSTOMER]
OFF: list[Step] = [SERVICE, RESOURCE, ADD_TIME_OFF, REMOVE_TIME_OFF]
HOURS: list[Step] = [SERVICE, RESOURCE, OVERRIDE_HOURS, RESTORE_HOURS]


@dataclass(frozen=True, slots=True)
class Case:
    """Die at `where` in `process` during the story's last step."""

    process: str
    where: str
    story: list[Step]
    first: tuple[tuple[str, str], ...] = ()
    """Deaths (process, point) that must come before, to leave what this path works on; they stay dead till then."""
    without: str = ""
    """A process that is down meanwhile, because it would take the work."""
    asleep: bool = False
    """The process stays down until the step's act is done: what it must find when it wakes."""
    settings: dict[str, str] = field(default_factory=dict)
    about: str = ""

    @property
    def extra_mails(self) -> int:
        """How many further copies of mails this death may cost: of those that were being handed over."""
        if self.point == NotifierFailpoint.MAIL_HANDED_OVER:
            return 1
        return 2 if self.path.startswith("notifier-queue") else 0

    @property
    def point(self) -> str:
        """The point alone."""
        return self.where.partition("@")[0].partition("#")[0]

    @property
    def path(self) -> str:
        """The path alone."""
        return self.where.partition("@")[2].partition("#")[0]

    def __str__(self) -> str:
        return f"{self.where} {self.about}".strip()


def until(story: list[Step], step: Step) -> list[Step]:
    """A story up to and including a step."""
    return story[: story.index(step) + 1]


HANDLER_STEPS: dict[str, list[Step]] = {
    "booking-create-service": until(PAID, SERVICE),
    "booking-create-resource": until(PAID, RESOURCE),
    "booking-change-service": until(SERVICE_CHANGES, OF_SERVICE[0]),
    "booking-archive-service": until(SERVICE_CHANGES, OF_SERVICE[1]),
    "booking-restore-service": SERVICE_CHANGES,
    "booking-change-resource": until(RESOURCE_CHANGES, OF_RESOURCE[0]),
    "booking-archive-resource": until(RESOURCE_CHANGES, OF_RESOURCE[1]),
    "booking-restore-resource": RESOURCE_CHANGES,
    "booking-create-location": [ADD_PLACE],
    "booking-change-location": until(PLACE_CHANGES, OF_PLACE[0]),
    "booking-archive-location": until(PLACE_CHANGES, OF_PLACE[1]),
    "booking-restore-location": PLACE_CHANGES,
    "booking-override-hours": until(HOURS, OVERRIDE_HOURS),
    "booking-restore-hours": HOURS,
    "booking-create-customer": until(CUSTOMER_CHANGES, ADD_CUSTOMER),
    "booking-change-customer": until(CUSTOMER_CHANGES, OF_CUSTOMER[0]),
    "booking-archive-customer": until(CUSTOMER_CHANGES, OF_CUSTOMER[1]),
    "booking-restore-customer": until(CUSTOMER_CHANGES, OF_CUSTOMER[2]),
    "booking-erase-customer": CUSTOMER_CHANGES,
    "notifier-forget-customer": CUSTOMER_CHANGES,
    "booking-add-time-off": until(OFF, ADD_TIME_OFF),
    "booking-remove-time-off": OFF,
    "booking-create-booking": until(PAID, BOOK),
    "booking-confirm-booking": until(PAID, Story.pay),
    "booking-reschedule-booking": until(PAID, Story.reschedule),
    "booking-cancel-booking": until(PAID, Story.cancel),
    "booking-start-booking": BEGUN,
    "booking-complete-booking": DONE,
    "booking-mark-no-show": MISSED,
    "booking-change-booking": CHANGED,
    "booking-reassign-booking": REASSIGNED,
    "booking-approve-booking": APPROVED,
    "booking-decline-booking": DECLINED,
    "booking-create-hold": HELD,
    "booking-extend-hold": EXTENDED,
    "booking-release-hold": RELEASED,
    "booking-record-refund": until(PAID, Story.cancel),
    "billing-request-deposit": until(PAID, BOOK),
    "billing-apply-stripe-event": until(PAID, Story.pay),
    "billing-cancel-payment": UNPAID,
    "billing-request-refund": until(PAID, Story.cancel),
    "billing-issue-refund": until(PAID, Story.cancel),
    "notifier-queue-booking-mail": until(PAID, BOOK),
    "notifier-queue-billing-mail": until(PAID, Story.pay),
}
"""Handler to the story whose last step makes it react."""

POISONED: dict[str, list[Step]] = {
    "booking-cancel-booking": [
        partial(
            Story.poison,
            subject="command.booking.cancel_booking.v1.{tenant}.x",
            durables=("booking-cancel-booking",),
        )
    ],
    "billing-request-refund": [
        partial(
            Story.poison,
            subject="booking.cancelled.v1.{tenant}",
            durables=("billing-cancel-payment", "billing-request-refund", "notifier-queue-booking-mail"),
        )
    ],
    "notifier-queue-billing-mail": [
        partial(
            Story.poison,
            subject="billing.refund_issued.v1.{tenant}",
            durables=("booking-record-refund", "notifier-queue-billing-mail"),
        )
    ],
}
"""One handler of each service, and a message that it can't read."""


def _of_handlers() -> Iterator[Case]:
    for point in (
        KernelFailpoint.BATCH_READ,
        KernelFailpoint.COMMITTING,
        KernelFailpoint.COMMITTED,
        KernelFailpoint.ACKNOWLEDGING,
        KernelFailpoint.ACKNOWLEDGED,
    ):
        for handler in HANDLERS:
            # It reads the payment first, which is a transaction of its own.
            second = "#2" if handler.durable == "billing-cancel-payment" and "transaction" in point else ""
            yield _of_handler(handler.durable, point, second)
    for point in (KernelFailpoint.OUTCOME_SENDING, KernelFailpoint.OUTCOME_SENT):
        for handler in HANDLERS:
            if any(issubclass(t, Command) for t in handler.types):
                yield _of_handler(handler.durable, point)


def _of_handler(durable: str, point: Failpoint, time: str = "") -> Case:
    return Case(f"{durable.partition('-')[0]}-1", f"{point}@{durable}{time}", HANDLER_STEPS[durable])


def _of_dead_letters() -> Iterator[Case]:
    for durable, story in POISONED.items():
        for point in (KernelFailpoint.DEAD_LETTERING, KernelFailpoint.DEAD_LETTERED, KernelFailpoint.TERMINATED):
            yield Case(f"{durable.partition('-')[0]}-1", f"{point}@{durable}", story)
    for point in (KernelFailpoint.RETURNING, KernelFailpoint.RETURNED):
        yield Case("billing-1", f"{point}@billing-cancel-payment", SLOW_START, asleep=True)


def _of_the_gateway() -> Iterator[Case]:
    for point in (
        GatewayFailpoint.COMMAND_PUBLISHING,
        GatewayFailpoint.COMMAND_PUBLISHED,
        GatewayFailpoint.COMMAND_DECIDED,
    ):
        for step in (SERVICE, RESOURCE, BOOK, Story.reschedule, Story.cancel):
            yield Case("gateway-1", point, until(PAID, step), about=step.__name__)
    for point in (GatewayFailpoint.WEBHOOK_PUBLISHING, GatewayFailpoint.WEBHOOK_PUBLISHED):
        yield Case("gateway-1", point, until(PAID, Story.pay))


def _of_relays() -> Iterator[Case]:
    for service in ("booking", "billing", "notifier", "jobs"):
        story = until(PAID, Story.pay if service == "jobs" else BOOK)
        for point in (
            KernelFailpoint.OUTBOX_HANDED_OVER,
            KernelFailpoint.OUTBOX_PUBLISHED,
            KernelFailpoint.OUTBOX_MARKED,
        ):
            yield Case(f"{service}-1", f"{point}@{service}-relay", story)
    for point in (KernelFailpoint.GROUP_SENDING, KernelFailpoint.GROUP_STORED):
        yield Case("booking-1", f"{point}@booking-relay", CROWD, asleep=True)
    # The relay that sweeps is that of whoever lives; the writer has died between its commit and the hand-over.
    swept, booked = KernelFailpoint.OUTBOX_SWEPT, until(PAID, BOOK)
    booking = ("booking-1", f"{KernelFailpoint.COMMITTED}@booking-create-booking")
    billing = ("billing-1", f"{KernelFailpoint.COMMITTED}@billing-request-deposit")
    notifier = ("notifier-1", f"{NotifierFailpoint.MAIL_RECORDED}@notifier-send-messages")
    yield Case("booking-1", f"{swept}@booking-relay", booked, first=(booking,))
    yield Case("billing-1", f"{swept}@billing-relay", booked, first=(billing,))
    yield Case("notifier-1", f"{swept}@notifier-relay", booked, first=(notifier,), without="jobs-1")
    yield Case("jobs-1", f"{swept}@jobs-relay", booked, first=(notifier,))


def _of_stripe() -> Iterator[Case]:
    calls: list[tuple[str, list[Step], list[Failpoint]]] = [
        ("request-deposit", until(PAID, BOOK), [BillingFailpoint.INTENT_CREATING, BillingFailpoint.INTENT_CREATED]),
        ("request-deposit", FAILED_INTENT, [BillingFailpoint.INTENTS_LISTING, BillingFailpoint.INTENTS_LISTED]),
        ("request-deposit", FAILED_INTENT, [BillingFailpoint.INTENT_CREATED]),
        ("cancel-payment", UNPAID, [BillingFailpoint.INTENT_CANCELLING, BillingFailpoint.INTENT_CANCELLED]),
        ("cancel-payment", LATE, [BillingFailpoint.INTENT_READING, BillingFailpoint.INTENT_READ]),
        (
            "issue-refund",
            until(PAID, Story.cancel),
            [BillingFailpoint.REFUND_CREATING, BillingFailpoint.REFUND_CREATED],
        ),
        ("issue-refund", FAILED_REFUND, [BillingFailpoint.REFUNDS_LISTING, BillingFailpoint.REFUNDS_LISTED]),
        ("issue-refund", FAILED_REFUND, [BillingFailpoint.REFUND_CREATED]),
    ]
    for path, story, points in calls:
        for point in points:
            about = "after a 500" if story in (FAILED_INTENT, FAILED_REFUND) else ""
            yield Case("billing-1", f"{point}@billing-{path}", story, about=about)


def _of_mails_and_jobs() -> Iterator[Case]:
    reminded, offered = until(PAID, Story.pay), until(PAID, SERVICE)
    points = (
        NotifierFailpoint.MAIL_CLAIMED,
        NotifierFailpoint.MAIL_HANDING_OVER,
        NotifierFailpoint.MAIL_HANDED_OVER,
        NotifierFailpoint.MAIL_RECORDED,
    )
    for point in points:
        yield Case("notifier-1", f"{point}@notifier-send-messages", until(PAID, BOOK))
        yield Case("jobs-1", f"{point}@jobs-reminders", reminded)
    for point in (NotifierFailpoint.JOB_STARTING, NotifierFailpoint.JOB_DONE):
        yield Case("jobs-1", f"{point}@jobs-reminders", reminded)
        yield Case("jobs-1", f"{point}@jobs-janitor", offered)
    for committed in (KernelFailpoint.COMMITTING, KernelFailpoint.COMMITTED):
        yield Case("jobs-1", f"{committed}@jobs-reminders", reminded, about="its beat")
        yield Case("jobs-1", f"{committed}@jobs-janitor#2", offered)


def _of_the_clock() -> Iterator[Case]:
    often = {"RECONCILE_SECONDS": "1"}
    compared = ("billing-1", f"{KernelFailpoint.COMMITTED}@billing-reconcile-with-stripe#2")
    for point in (KernelFailpoint.COMMITTING, KernelFailpoint.COMMITTED):
        yield Case("booking-1", f"{point}@booking-expire-holds", EXPIRED, asleep=True)
        yield Case("booking-1", f"{point}@booking-complete-past", COMPLETED, asleep=True)
        yield Case("booking-1", f"{point}@booking-decline-unanswered", UNANSWERED, asleep=True)
        yield Case("booking-1", f"{point}@booking-end-holds", ENDED, asleep=True)
        yield Case("booking-1", f"{point}@booking-create-booking", HELD_AND_BOOKED, about="by hold")
        yield Case("booking-1", f"{point}@booking-forget-commands", until(PAID, SERVICE))
        yield Case("booking-1", f"{point}@booking-forget-holds", until(PAID, SERVICE))
        yield Case("booking-1", f"{point}@booking-settle-time-off", until(OFF, ADD_TIME_OFF))
        yield Case("booking-1", f"{point}@booking-erase-copies", CUSTOMER_CHANGES)
        yield Case("billing-1", f"{point}@billing-forget-stripe-events", until(PAID, SERVICE))
        for time in ("#1", "#2"):
            where = f"{point}@billing-reconcile-with-stripe{time}"
            yield Case("billing-1", where, UNHEARD, asleep=True, settings=often)
            where = f"{point}@billing-retry-parked-stripe-events{time}"
            yield Case("billing-1", where, UNHEARD, asleep=True, settings=often, first=(compared,))
    for listed in (BillingFailpoint.EVENTS_LISTING, BillingFailpoint.EVENTS_LISTED):
        where = f"{listed}@billing-reconcile-with-stripe"
        yield Case("billing-1", where, UNHEARD, asleep=True, settings=often)


CASES = (
    *_of_the_gateway(),
    *_of_handlers(),
    *_of_dead_letters(),
    *_of_relays(),
    *_of_stripe(),
    *_of_mails_and_jobs(),
    *_of_the_clock(),
)

WALKED_ELSEWHERE = {
    "jobs-jobs": "the round of jobs: each job is a path of its own",
}
CHANGE_NOTHING = {
    "billing-watch-stripe-events": "reads counts for metrics",
    "gateway-adjust-places": "counts in this process",
    "gateway-clean-up-quotas": "drops idle counters of this process",
    "gateway-look-at-backlog": "reads counts",
    "gateway-record-key-use": "sampled on purpose; a lost sample is not missed",
}
"""Periodic tasks that have no step to die at, and why."""
