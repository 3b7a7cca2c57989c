"""Puts the gateway together."""

from gateway.app import create_app
from gateway.gateway import assemble
from gateway.schema import SCHEMA_REVISION
from gateway.settings import GatewaySettings
from shared.persistence.database import Database
from shared.runtime.service import ServiceRuntime, run
from shared.runtime.settings import load


def build() -> ServiceRuntime:
    """The gateway's process."""
    settings = load(GatewaySettings)
    database = Database(settings.gateway_database_url.get_secret_value(), "gateway")
    service = ServiceRuntime("gateway", settings, database=database, schema_revision=SCHEMA_REVISION, publishes=False)
    service.app = create_app(assemble(service, settings), metrics=settings.metrics_enabled)
    return service


def main() -> None:
    """Entry point of `python -m gateway`."""
    run(build)
