"""Puts the gateway together."""

from functools import partial
from typing import Literal

from fastapi import FastAPI

from gateway.app import create_app, create_operations_app
from gateway.commands.backlog import LOOK_SECONDS, Backlog
from gateway.commands.follow import STREAM, CommandFollower
from gateway.commands.outcomes import OutcomeInbox
from gateway.commands.submit import CommandSubmitter
from gateway.dead_letters.store import DeadLetterStore
from gateway.http.cross_origin import allow_origins
from gateway.http.edge import WEBHOOK_PATH, Edge
from gateway.http.load_shedding import ADJUST_SECONDS, LoadShedder
from gateway.http.quota import Limiter, MemoryLimiter, RedisLimiter
from gateway.http.routes import RawDispatch
from gateway.identity.access import Access
from gateway.identity.authenticator import Authenticator
from gateway.identity.key_store import KeyStore
from gateway.identity.read_only import in_force
from gateway.schema import SCHEMA_REVISION
from gateway.settings import GatewaySettings, split
from gateway.status.view import SystemView
from gateway.uses import USES
from shared.contracts.fields import DEFAULT_COUNTRY
from shared.persistence.database import Database
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load

RECORD_USE_SECONDS = 30


def build() -> ServiceRuntime:
    """The gateway's process."""
    settings = load(GatewaySettings)
    service = ServiceRuntime(
        "gateway",
        settings,
        database=_database(settings),
        schema_revision=SCHEMA_REVISION,
        uses=USES,
        publishes=False,
    )
    app = create_app(metrics=settings.metrics_enabled, state=settings.operations_port is None)
    app.state.service = service
    app.state.access = _access(service, settings)
    _take_commands(app, service, settings)
    app.state.dead_letters = DeadLetterStore(service.broker, service)
    app.state.system_view = SystemView(service, settings, partial(_read_only, service))
    if settings.operations_port is not None:
        inner = create_operations_app(metrics=settings.metrics_enabled)
        inner.state.system_view = app.state.system_view
        service.listen(inner, settings.operations_port)
    app.state.validation = {DEFAULT_COUNTRY: settings.default_country}
    app.state.stripe_secrets = split(settings.stripe_webhook_secret.get_secret_value())
    shedder = LoadShedder(settings.concurrency_limit, settings.slow_seconds, WEBHOOK_PATH, settings.tenant_share)
    service.every(ADJUST_SECONDS, "adjust-places", shedder.adjust)
    service.app = allow_origins(Edge(RawDispatch(app), shedder), split(settings.cors_origins))
    return service


def _database(settings: GatewaySettings) -> Database:
    """Mostly for all tenants: a key is looked up before anybody knows its tenant."""
    urls = settings.gateway_database_url, settings.gateway_system_database_url
    return Database(*urls, "gateway", pool_size=5, system_pool_size=10)


async def _read_only(service: ServiceRuntime) -> Literal["off", "some_tenants", "everybody"]:
    """For whom changes are switched off."""
    async with service.context().transaction(EVERY_TENANT) as tx:
        return await in_force(tx.session)


def _access(service: ServiceRuntime, settings: GatewaySettings) -> Access:
    """Who may come in and how often, with what that takes in the background."""
    keys = KeyStore(service)
    limiter: Limiter
    if settings.redis_url:
        limiter = RedisLimiter(settings.redis_url.get_secret_value(), settings.rate_limit_per_minute)
    else:
        limiter = MemoryLimiter(settings.rate_limit_per_minute)
        service.every(settings.rate_limit_cleanup_minutes * 60, "clean-up-quotas", limiter.clean_up)
    service.every(RECORD_USE_SECONDS, "record-key-use", keys.record_use)
    authenticator = Authenticator(settings.operator_api_key.get_secret_value(), keys.look_up)
    return Access(authenticator, keys, limiter)


def _take_commands(app: FastAPI, service: ServiceRuntime, settings: GatewaySettings) -> None:
    """The way of commands, with what watches over it in the background."""
    inbox = OutcomeInbox(service.broker)
    backlog = Backlog(service.broker, STREAM, settings.backlog_limit)
    service.always("listen-for-outcomes", inbox.listen)
    service.health.add("outcomes", inbox.check)
    service.every(LOOK_SECONDS, "look-at-backlog", backlog.look)
    app.state.submitter = CommandSubmitter(service.broker, inbox, backlog, settings.outcome_wait_seconds)
    app.state.follower = CommandFollower(service.broker)


def main() -> None:
    """Entry point of `python -m gateway`."""
    run(build)
