"""The public shapes: what clients send and see. Owned by the gateway, apart from the contracts between services.

Requests are strict: unknown members, other types and values out of range are refused. Answers are
built from contracts and show only what is named here.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.keys import Scope
from shared.contracts.fields import (
    Closes,
    Email,
    Instant,
    Metadata,
    Minute,
    Name,
    Opens,
    Phone,
    Text,
    ZoneName,
)
from shared.contracts.money import Currency

Status = Literal["pending_payment", "confirmed", "cancelled", "expired", "completed"]


class Body(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Shown(BaseModel):
    """What a client sees."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


# --- what clients send -----------------------------------------------------------------------


class Price(Body):
    """Integer minor units (cents) and a lower-case ISO 4217 code."""

    amount: int = Field(ge=0, le=99_999_999)
    currency: Currency


class NewService(Body):
    """Something to sell by appointment. Minutes are elapsed minutes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Deep clean", "duration_minutes": 120, "price": {"amount": 12000, "currency": "eur"}}]
        }
    )

    name: Name
    duration_minutes: int = Field(ge=5, le=1440)
    price: Price
    buffer_before_minutes: int = Field(default=0, ge=0, le=720)
    buffer_after_minutes: int = Field(default=0, ge=0, le=720)
    deposit_percent: int = Field(default=0, ge=0, le=100)
    minimum_notice_minutes: int = Field(default=120, ge=0, le=525_600)
    horizon_days: int = Field(default=90, ge=1, le=730)
    slot_step_minutes: int = Field(default=30, ge=5, le=1440)


class OpeningHours(Body):
    """One window of a week, wall clock of the resource's zone. Monday is 0; `closes` may be `24:00`."""

    weekday: int = Field(ge=0, le=6)
    opens: Opens
    closes: Closes


class NewResource(Body):
    """Whoever or whatever can be booked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Team A",
                    "time_zone": "Europe/Berlin",
                    "weekly_hours": [{"weekday": 0, "opens": "09:00", "closes": "18:00"}],
                    "service_ids": ["01936c5e-7d80-7000-8000-000000000001"],
                }
            ]
        }
    )

    name: Name
    time_zone: ZoneName
    weekly_hours: Annotated[list[OpeningHours], Field(max_length=100)]
    service_ids: Annotated[list[UUID], Field(max_length=200)]


class NewCustomer(Body):
    """Who comes; gets the messages."""

    name: Name
    email: Email
    phone: Phone | None = None


class NewBooking(Body):
    """A command for an appointment; without `resource_id` any free resource is taken."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_id": "01936c5e-7d80-7000-8000-000000000001",
                    "starts_at": "2026-12-01T09:00:00+01:00",
                    "customer": {"name": "Ada Lovelace", "email": "ada@example.org"},
                }
            ]
        }
    )

    service_id: UUID
    resource_id: UUID | None = None
    starts_at: Minute
    customer: NewCustomer
    notes: Text | None = None
    metadata: Metadata = Field(default_factory=dict)


class Cancellation(Body):
    """Why a booking is cancelled, if anybody says."""

    reason: Annotated[Text, Field(max_length=500)] | None = None


class NewTime(Body):
    """Where a booking moves; without `resource_id` it keeps its resource."""

    starts_at: Minute
    resource_id: UUID | None = None


class NewTenant(Body):
    """A business; its customers read this name."""

    name: Name


class NewApiKey(Body):
    """A key for a tenant; without `scopes` it may do everything."""

    tenant_id: UUID
    name: Name
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=20)] | None = None
    expires_at: Instant | None = None


# --- what clients see ------------------------------------------------------------------------


class Money(Shown):
    """Integer minor units and a lower-case ISO 4217 code."""

    amount: int
    currency: str


class ServiceShown(Shown):
    """A service of the catalogue."""

    id: UUID
    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int
    created_at: datetime


class OpeningHoursShown(Shown):
    """One window of a week, wall clock of the resource's zone."""

    weekday: int
    opens: str
    closes: str


class ResourceShown(Shown):
    """A bookable resource."""

    id: UUID
    name: str
    time_zone: str
    weekly_hours: list[OpeningHoursShown]
    service_ids: list[UUID]
    created_at: datetime


class CustomerShown(Shown):
    """Who comes."""

    name: str
    email: str
    phone: str | None


class DepositShown(Shown):
    """The part of the price that is paid ahead."""

    amount: int
    currency: str
    status: Literal["pending", "paid", "refunded"]


class BookingShown(Shown):
    """A booking. Times are UTC; `local_start` is the resource's wall clock with its offset."""

    id: UUID
    status: Status
    version: int
    service_id: UUID
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    customer: CustomerShown
    notes: str | None
    metadata: dict[str, str]
    price: Money
    deposit: DepositShown | None
    hold_expires_at: datetime | None
    cancellation_reason: str | None
    created_at: datetime


class PaymentShown(Shown):
    """The deposit's payment. `client_secret` is for the customer's browser; null until Stripe has been asked."""

    status: Literal["requested", "failed", "canceled", "succeeded", "refunded"]
    amount: int
    currency: str
    client_secret: str | None
    payment_intent_id: str | None


class SlotShown(Shown):
    """A start that can be booked now, and the resources that are free for it."""

    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    resource_ids: list[UUID]


class SlotsShown(Shown):
    """Free slots in order of time."""

    slots: list[SlotShown]


class ServicePage(Shown):
    """Services, newest first; `next_cursor` is null on the last page."""

    services: list[ServiceShown]
    next_cursor: str | None


class ResourcePage(Shown):
    """Resources, newest first; `next_cursor` is null on the last page."""

    resources: list[ResourceShown]
    next_cursor: str | None


class BookingPage(Shown):
    """Bookings, newest first; `next_cursor` is null on the last page."""

    bookings: list[BookingShown]
    next_cursor: str | None


class Accepted(Shown):
    """The request is stored and will be carried out; `location` will show what came of it."""

    id: UUID
    status: Literal["accepted"] = "accepted"
    location: str


class TenantShown(Shown):
    """A business that uses this installation."""

    id: UUID
    name: str
    created_at: datetime


class TenantPage(Shown):
    """Tenants, newest first."""

    tenants: list[TenantShown]
    next_cursor: str | None


class ApiKeyShown(Shown):
    """What may be seen of a key."""

    id: str
    tenant_id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class ApiKeyPage(Shown):
    """Keys in the order of their ids."""

    api_keys: list[ApiKeyShown]
    next_cursor: str | None


class ApiKeyCreated(ApiKeyShown):
    """A new key. `key` is shown this once and can't be had again."""

    key: str
