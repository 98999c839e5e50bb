"""Two roles of PostgreSQL for one database: the owner makes and changes tables, the other reads and writes rows.

What runs all day logs in as the other, so that whoever takes it over cannot drop a table, nor the guards of the audit
trail, which are triggers. The owner's password is with the migrations alone (`docker-compose.yaml`).
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

_ROWS = "SELECT, INSERT, UPDATE, DELETE"
_COUNTERS = "USAGE, SELECT, UPDATE"


def give_rights(owner: URL, database: str, role: str, password: str) -> None:
    """Make the database and the role where they are missing, and give it the rows of every table, of later ones, too.

    `owner` is an account that may make both. The role gets this password, no table of its own and no other database.
    Safe to run any number of times. Raises what the database raises.
    """
    with _connect(owner.set(database="postgres")) as server:
        name, account = _quote(server, database), _quote(server, role)
        if not _has(server, "SELECT 1 FROM pg_database WHERE datname = :name", database):
            server.execute(text(f"CREATE DATABASE {name}"))
        verb = "ALTER" if _has(server, "SELECT 1 FROM pg_roles WHERE rolname = :name", role) else "CREATE"
        limits = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        # The driver puts the password in: these commands take no parameters of the server.
        server.exec_driver_sql(f"{verb} ROLE {account} WITH LOGIN {limits} PASSWORD %s", (password,))
        server.execute(text(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC, {account}"))
        server.execute(text(f"GRANT CONNECT ON DATABASE {name} TO {account}"))
    with _connect(owner.set(database=database)) as tables:
        for statement in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {account}",
            f"GRANT {_ROWS} ON ALL TABLES IN SCHEMA public TO {account}",
            f"GRANT {_COUNTERS} ON ALL SEQUENCES IN SCHEMA public TO {account}",
            # Without a schema: a restored store stands in a new one.
            f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {account}",
            f"ALTER DEFAULT PRIVILEGES GRANT {_ROWS} ON TABLES TO {account}",
            f"ALTER DEFAULT PRIVILEGES GRANT {_COUNTERS} ON SEQUENCES TO {account}",
        ):
            tables.execute(text(statement))


def _connect(url: URL) -> Connection:
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect()


def _quote(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _has(connection: Connection, question: str, name: str) -> bool:
    return connection.execute(text(question), {"name": name}).first() is not None
