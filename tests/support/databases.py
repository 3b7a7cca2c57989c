"""A service's two logins to its database: the application's URL says what the other one is."""

from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from shared.persistence.database import Database


def system_url(url: str) -> str:
    """The URL of `<service>_system`, as `tests.conftest.migrate` has set its password."""
    parts = urlsplit(url)
    role = f"{parts.username}_system"
    return urlunsplit(parts._replace(netloc=f"{role}:{role}-password@{parts.netloc.rpartition('@')[2]}"))


def database_settings(service: str, url: str) -> dict[str, str]:
    """What a process of this service, or its migrations, is told of its database: environment variables by name."""
    return {f"{service.upper()}_DATABASE_URL": url, f"{service.upper()}_SYSTEM_DATABASE_URL": system_url(url)}


def open_database(url: str, schema: str, pool_size: int = 10) -> Database:
    """A service's database, with as many connections for all tenants as for some."""
    return Database(SecretStr(url), SecretStr(system_url(url)), schema, pool_size, pool_size)
