"""An appointment is booked, paid, moved and called off, with a client that was made from the API's document."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

import httpx
from tidebook_client import AuthenticatedClient
from tidebook_client.api.availability import find_slots
from tidebook_client.api.bookings import cancel_booking, create_booking, get_booking, reschedule_booking
from tidebook_client.api.catalog import list_services
from tidebook_client.api.payments import get_payment
from tidebook_client.models import (
    Booking,
    BookingCancel,
    BookingCreate,
    BookingReschedule,
    CustomerDetails,
    Payment,
    ProblemDocument,
    ServiceList,
    SlotList,
)

T = TypeVar("T")
api = AuthenticatedClient(os.environ["API_URL"], os.environ["API_KEY"])
deadline = time.monotonic() + 60


# Asks until the answer is there (not 202) and done. Asking twice does nothing twice: writes have an Idempotency-Key.
def wanted(kind: type[T], ask: Callable[[], object], done: Callable[[T], bool] = lambda _: True) -> T:
    while not isinstance(answer := ask(), kind) or not done(answer):
        assert not isinstance(answer, ProblemDocument) and time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


service = next(it for it in wanted(ServiceList, partial(list_services.sync, client=api)).services if it.deposit_percent)
start, end = (datetime.now(UTC) + timedelta(days=days) for days in (1, 8))
slots = wanted(SlotList, partial(find_slots.sync, client=api, service_id=service.id, from_=start, to=end)).slots

ada = CustomerDetails(name="Ada Lovelace", email="ada@example.com")
wish = BookingCreate(service_id=service.id, starts_at=slots[0].starts_at, customer=ada)
uid = wanted(Booking, partial(create_booking.sync, client=api, body=wish, idempotency_key=str(uuid4()))).id

payment = wanted(Payment, partial(get_payment.sync, uid, client=api), lambda it: it.client_secret is not None)
# What Stripe.js does in the customer's browser, with the client secret.
confirm = f"{os.environ['STRIPE_API_BASE']}/v1/payment_intents/{payment.payment_intent_id}/confirm"
httpx.post(confirm, auth=("sk_test_example", ""), data={"payment_method": "pm_card_visa"}).raise_for_status()
wanted(Booking, partial(get_booking.sync, uid, client=api), lambda it: it.status == "confirmed")

move = BookingReschedule(starts_at=slots[1].starts_at)
wanted(Booking, partial(reschedule_booking.sync, uid, client=api, body=move, idempotency_key=str(uuid4())))
print(wanted(Booking, partial(cancel_booking.sync, uid, client=api, body=BookingCancel(reason="Rain"))).status)
