"""The database roles of a service, with the least that each needs (ADR 0014).

* `<service>_owner` owns schema and tables and can't log in: migrations become it;
* the application role reads and writes rows, bound by forced row-level security, and owns nothing; it deletes only
  what is forgotten after a while, and locks no table against others that it does not delete from;
* `<service>_reader`, for people and dashboards, only reads, and neither secrets nor whole messages.

Time-outs are set on the roles as well as by the services, so that no client can forget them.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

APPLICATION_LIMITS = {
    "statement_timeout": "2s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
"""The same as `shared.persistence.database` sets on each of its connections."""
READER_LIMITS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "60s",
}
HIDDEN_COLUMNS = ("payload", "secret_sha256", "client_secret")
"""What readers don't get: whole messages, of every tenant, and what opens something."""

PRUNED_TABLES = {
    "gateway": (),
    "booking": ("commands", "inbox", "outbox"),
    "billing": ("inbox", "outbox", "stripe_events"),
    "notifier": ("bookings", "inbox", "messages", "outbox"),
}
"""What the application may delete rows of: what is forgotten after a while. Nothing else that it has made goes away."""

CHANGEABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "alembic_version": (),
    "audit_log": (),
    "tenants": (),
    "api_keys": ("last_used_at", "revoked_at"),
}
"""Of these tables the application may change no other columns; of those that are not named here, all."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may do what in one service's schema."""

    service: str
    application: str
    """The role that the service logs in as."""
    application_password: str
    reader_password: str
    """Empty: readers can't log in themselves, but others may be granted the role."""

    @property
    def owner(self) -> str:
        """The role that owns schema and tables."""
        return f"{self.service}_owner"

    @property
    def reader(self) -> str:
        """The role that only reads."""
        return f"{self.service}_reader"

    async def prepare(self, connection: AsyncConnection) -> None:
        """Bring about roles and schema, before the migrations. Needs an administrator.

        Raises SystemExit if the application role is one that row-level security does not bind.
        """
        await self._create(connection, self.owner, "NOLOGIN")
        await self._create(connection, self.application, "LOGIN")
        await self._create(connection, self.reader, "NOLOGIN")
        unbound = await connection.scalar(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :name"), {"name": self.application}
        )
        if unbound:
            raise SystemExit(f"{self.service}: the role {self.application} is above row-level security; use another")
        await _set_password(connection, self.application, self.application_password)
        if self.reader_password:
            await _set_password(connection, self.reader, self.reader_password)
        await _limit(connection, self.application, APPLICATION_LIMITS)
        await _limit(connection, self.reader, READER_LIMITS | {"search_path": self.service})
        database = await connection.scalar(text("SELECT quote_ident(current_database())"))
        for statement in (
            f"GRANT {self.owner} TO CURRENT_USER",
            "CREATE EXTENSION IF NOT EXISTS btree_gist",
            f"CREATE SCHEMA IF NOT EXISTS {self.service} AUTHORIZATION {self.owner}",
            # PUBLIC may connect and make temporary tables unless told otherwise.
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {database} TO {self.application}, {self.reader}",
            f"GRANT USAGE ON SCHEMA {self.service} TO {self.application}, {self.reader}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {self.owner} IN SCHEMA {self.service} "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {self.application}",
        ):
            await connection.exec_driver_sql(statement)

    async def finish(self, connection: AsyncConnection) -> None:
        """Take from the application what it does not need of each table, and give readers what they may see. As the
        owner, after every migration.

        Who may update whole tables may lock everybody else out of them (LOCK TABLE), so that it is granted by column.
        """
        history = f"{self.service}.alembic_version"
        await connection.exec_driver_sql(f"REVOKE INSERT ON {history} FROM {self.application}")
        columns_of = await connection.execute(
            text("""
                SELECT quote_ident(relname), array_agg(attname::text ORDER BY attnum)
                FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
                WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p')
                  AND attnum > 0 AND NOT attisdropped
                GROUP BY relname
            """),
            {"schema": self.service},
        )
        for table, columns in columns_of.all():
            name = f"{self.service}.{table}"
            kept = "" if table in PRUNED_TABLES[self.service] else ", DELETE"
            await connection.exec_driver_sql(f"REVOKE UPDATE{kept} ON {name} FROM {self.application}")
            if changeable := [c for c in columns if c in CHANGEABLE_COLUMNS.get(table, columns)]:
                quoted = ", ".join(f'"{column}"' for column in changeable)
                await connection.exec_driver_sql(f"GRANT UPDATE ({quoted}) ON {name} TO {self.application}")
        tables = await connection.execute(
            text("""
                SELECT quote_ident(table_name), string_agg(quote_ident(column_name), ', ')
                FROM information_schema.columns
                WHERE table_schema = :schema AND column_name <> ALL (:hidden)
                GROUP BY table_name
            """),
            {"schema": self.service, "hidden": list(HIDDEN_COLUMNS)},
        )
        for table, columns in tables:
            await connection.exec_driver_sql(f"GRANT SELECT ({columns}) ON {self.service}.{table} TO {self.reader}")

    async def _create(self, connection: AsyncConnection, name: str, login: str) -> None:
        known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
        if not known:
            without = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
            await connection.exec_driver_sql(f"CREATE ROLE {name} {login} {without}")


async def _set_password(connection: AsyncConnection, role: str, password: str) -> None:
    quoted = await connection.scalar(text("SELECT quote_literal(CAST(:password AS text))"), {"password": password})
    await connection.exec_driver_sql(f"ALTER ROLE {role} LOGIN PASSWORD {quoted}")


async def _limit(connection: AsyncConnection, role: str, limits: dict[str, str]) -> None:
    for name, value in limits.items():
        await connection.exec_driver_sql(f"ALTER ROLE {role} SET {name} = '{value}'")
