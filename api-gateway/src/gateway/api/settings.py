"""A business's settings: what it is called, where it is, what is meant where a request does not say."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Runtime, key_context
from gateway.audit import Action, Change, note
from gateway.commands.submit import entity_tag
from gateway.http.answers import ASKING, UNLESS_KNOWN, follows, not_modified, refuses, shows
from gateway.http.body import STRICT, Body, given, unchanged
from gateway.http.headers import ExpectedVersions
from gateway.http.routes import api_router
from gateway.identity import model, tenants
from gateway.identity.access import access_of, caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.fields import Country, Email, KnownZone, Locale, Name
from shared.contracts.money import Currency

routes = api_router("Settings")

_TARGET = "settings"
"""What the audit log calls them."""
_EXAMPLE = {
    "name": "Clean & Co",
    "time_zone": "Europe/London",
    "country": "GB",
    "currency": "gbp",
    "locale": "en-GB",
    "contact_email": "office@example.org",
    "version": 2,
}
_LINKS = {"audit": follows("list_audit_log", "Who changed them, among other things.")}


class SettingsPatch(Body):
    """What is to be different; what is left out stays, null takes a setting away (RFC 7396). The name must be there."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"examples": [{"time_zone": "Europe/London", "country": "GB", "currency": "gbp"}]}
    )

    name: Name = unchanged()
    time_zone: KnownZone | None = None
    country: Country | None = None
    currency: Currency | None = None
    locale: Locale | None = None
    contact_email: Email | None = None


class Settings(BaseModel):
    """A business as it describes itself. What it has not set is null.

    `time_zone` is that of resources which name none, `currency` that of prices which name none, `country` says where
    phone numbers belong that don't say so.
    """

    name: str
    time_zone: str | None
    country: str | None
    currency: str | None
    locale: str | None
    contact_email: str | None
    version: int


@routes.get(
    "/v1/settings",
    response_model=Settings,
    responses=shows(200, _EXAMPLE, "ETag", links=_LINKS) | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses(*ASKING)
async def get_settings(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.SETTINGS_READ])], runtime: Runtime, response: Response
) -> Settings:
    """The settings of the business whose key this is."""
    async with runtime.context().transaction({caller.tenant_id}) as tx:
        shown = _shown(await tenants.tenant_of(tx.session, caller.tenant_id))
    response.headers["ETag"] = entity_tag(shown.version)
    return shown


@routes.patch("/v1/settings", response_model=Settings, responses=shows(200, _EXAMPLE, "ETag", links=_LINKS))
@refuses("version_conflict", *ASKING)
async def change_settings(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.SETTINGS_WRITE])],
    body: SettingsPatch,
    expected_versions: ExpectedVersions,
    runtime: Runtime,
    response: Response,
) -> Settings:
    """Change settings, at once; every gateway follows within five seconds. What is there already stays as it is.

    Sending it again changes nothing more. With `If-Match` only what was seen is changed.
    """
    shown = await _change(runtime, request, caller, body, expected_versions)
    access_of(request).forget(caller.key_id)
    response.headers["ETag"] = entity_tag(shown.version)
    return shown


async def _change(
    runtime: Runtime, request: Request, caller: Caller, body: SettingsPatch, expected_versions: list[int] | None
) -> Settings:
    tenant_id: UUID = caller.tenant_id
    async with runtime.context().transaction({tenant_id}) as tx:
        tenant = await tenants.tenant_of(tx.session, tenant_id, to_change=True)
        before, after = await tenants.change_settings(tx.session, tenant, given(body), expected_versions)
        if before:
            details = f"version {tenant.settings_version}: {', '.join(sorted(after))}"
            context, change = key_context(request, caller), Change(before, after)
            await note(tx.session, context, Action.SETTINGS_CHANGED, _TARGET, details, tenant_id, change)
        return _shown(tenant)


def _shown(tenant: model.Tenant) -> Settings:
    return Settings(
        name=tenant.name,
        time_zone=tenant.time_zone,
        country=tenant.country,
        currency=tenant.currency,
        locale=tenant.locale,
        contact_email=tenant.contact_email,
        version=tenant.settings_version,
    )
