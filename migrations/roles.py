"""The database roles of a service, with the least that each needs (ADR 0014).

* `<service>_owner` owns schema and tables and can't log in: migrations become it;
* the application role reads and writes rows of the tenants that its transaction names, bound by forced row-level
  security; it owns nothing, deletes nothing, and locks no table against others;
* `<service>_system` does what belongs to no single tenant: it sees every tenant's rows, publishes the outbox, and
  deletes what is forgotten after a while;
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

SYSTEM_TABLES = {
    "gateway": ("read_only",),
    "booking": (),
    "billing": ("reconciliation", "stripe_events"),
    "notifier": ("job_heartbeats",),
}
"""What belongs to no tenant, and is for the system role alone."""

PRUNED_TABLES = {
    "gateway": (),
    "booking": ("allocations", "commands", "holds", "inbox", "outbox"),
    "billing": ("inbox", "outbox", "stripe_events"),
    "notifier": ("bookings", "inbox", "messages", "outbox"),
}
"""What the system role may delete rows of: what is forgotten after a while. Nothing else that was made goes away."""

CHANGEABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "alembic_version": (),
    "audit_log": (),
    "tenants": (
        *("contact_email", "country", "currency", "locale"),
        *("name", "settings_version", "time_zone"),
    ),
    "api_keys": ("last_used_at", "replaced_by", "retires_at", "revoked_at"),
}
"""Of these tables a service may change no other columns; of those that are not named here, all."""

SET_BY_TENANTS = ("tenants",)
"""What is changed for the tenant that a transaction names, and by nobody for all."""

ADDED_TO = ("outbox", "inbox")
"""What the application only adds to: publishing and forgetting are the system role's."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may do what in one service's schema."""

    service: str
    application: str
    """The role that the service logs in as, to work for the tenants it names."""
    application_password: str
    system_password: str
    reader_password: str
    """Empty: readers can't log in themselves, but others may be granted the role."""

    @property
    def owner(self) -> str:
        """The role that owns schema and tables."""
        return f"{self.service}_owner"

    @property
    def system(self) -> str:
        """The role that the service logs in as for work across tenants."""
        return f"{self.service}_system"

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
        await self._create(connection, self.system, "LOGIN")
        await self._create(connection, self.reader, "NOLOGIN")
        unbound = await connection.scalar(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :name"), {"name": self.application}
        )
        if unbound:
            raise SystemExit(f"{self.service}: the role {self.application} is above row-level security; use another")
        await _set_password(connection, self.application, self.application_password)
        await _set_password(connection, self.system, self.system_password)
        if self.reader_password:
            await _set_password(connection, self.reader, self.reader_password)
        await _limit(connection, self.application, APPLICATION_LIMITS)
        await _limit(connection, self.system, APPLICATION_LIMITS)
        await _limit(connection, self.reader, READER_LIMITS | {"search_path": self.service})
        database = await connection.scalar(text("SELECT quote_ident(current_database())"))
        for statement in (
            f"GRANT {self.owner} TO CURRENT_USER",
            "CREATE EXTENSION IF NOT EXISTS btree_gist",
            f"CREATE SCHEMA IF NOT EXISTS {self.service} AUTHORIZATION {self.owner}",
            # PUBLIC may connect and make temporary tables unless told otherwise.
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {database} TO {self.application}, {self.system}, {self.reader}",
            f"GRANT USAGE ON SCHEMA {self.service} TO {self.application}, {self.system}, {self.reader}",
            # Earlier releases gave the application every table as it was made.
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {self.owner} IN SCHEMA {self.service} "
            f"REVOKE ALL ON TABLES FROM {self.application}",
        ):
            await connection.exec_driver_sql(statement)

    async def finish(self, connection: AsyncConnection) -> None:
        """Give each role what it needs of each table, and nothing that an earlier release gave. As the owner, after
        every migration.

        Who may update whole tables may lock everybody else out of them (LOCK TABLE), so that it is granted by column.
        """
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
            await connection.exec_driver_sql(f"REVOKE ALL ON {name} FROM {self.application}, {self.system}")
            for role, rights in ((self.application, self._of_tenants), (self.system, self._of_all)):
                if granted := rights(table, columns):
                    await connection.exec_driver_sql(f"GRANT {', '.join(granted)} ON {name} TO {role}")
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

    def _of_tenants(self, table: str, columns: list[str]) -> list[str]:
        """What the application may do with a table."""
        if table in SYSTEM_TABLES[self.service]:
            return []
        if table == "alembic_version":
            return ["SELECT"]
        if table in ADDED_TO:
            return ["SELECT", "INSERT"]
        return ["SELECT", "INSERT", *_changes(table, columns)]

    def _of_all(self, table: str, columns: list[str]) -> list[str]:
        """What the system role may do with a table."""
        if table == "alembic_version":
            return ["SELECT"]
        deleted = ["DELETE"] if table in PRUNED_TABLES[self.service] else []
        changes = [] if table in SET_BY_TENANTS else _changes(table, columns)
        return ["SELECT", "INSERT", *changes, *deleted]

    async def _create(self, connection: AsyncConnection, name: str, login: str) -> None:
        known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
        if not known:
            without = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
            await connection.exec_driver_sql(f"CREATE ROLE {name} {login} {without}")


def _changes(table: str, columns: list[str]) -> list[str]:
    changeable = [f'"{column}"' for column in columns if column in CHANGEABLE_COLUMNS.get(table, columns)]
    return [f"UPDATE ({', '.join(changeable)})"] if changeable else []


async def _set_password(connection: AsyncConnection, role: str, password: str) -> None:
    quoted = await connection.scalar(text("SELECT quote_literal(CAST(:password AS text))"), {"password": password})
    await connection.exec_driver_sql(f"ALTER ROLE {role} LOGIN PASSWORD {quoted}")


async def _limit(connection: AsyncConnection, role: str, limits: dict[str, str]) -> None:
    for name, value in limits.items():
        await connection.exec_driver_sql(f"ALTER ROLE {role} SET {name} = '{value}'")
