"""What only Airflow knows of an installation: its mail connection, its accounts, which cycles it has paused.

Internals of Airflow: `create_session` and `DagModel`, because `doctor` looks while no API server may run; the
settings and the password file of the simple auth manager, which has no other way to list its accounts; the tables of
FAB's accounts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from airflow.configuration import conf
from airflow.models.dag import DagModel
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.engine import make_url

from kybaocao.adapters.smtp import CONNECTION, OutboxHook, open_smtp
from kybaocao.doctor.accounts import Accounts
from kybaocao.doctor.mail import Connection
from kybaocao.store.outbox import Message

SMTP_PORT = 25
NAMED = "kybaocao.adapters.named_accounts.NamedAccounts"


def find_connection() -> Connection | None:
    """The connection that mail takes; None where there is none."""
    try:
        found = OutboxHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return None
    sender = str(found.extra_dejson.get("from_email") or "")
    return Connection(found.host or "", found.port or SMTP_PORT, sender, found.login or "")


def send_letter(message: Message, root: Path) -> object:
    """Send one message over a connection of its own; returns whom the server refused while it took the rest."""
    with open_smtp(root, message.recipients[0]) as connect:
        return connect().send(message)


def read_accounts() -> Accounts:
    """The accounts that may log in, by Airflow's settings and tables. Raises LookupError where none were made."""
    manager = conf.get("core", "auth_manager")
    return _read_named_accounts(manager) if manager == NAMED else _read_simple_accounts(manager)


def _read_named_accounts(manager: str) -> Accounts:
    """FAB's, with their roles; its passwords are hashes, which nobody can judge."""
    from airflow.providers.fab.auth_manager.models import User

    with create_session() as session:
        people = session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).unique()
        roles = {person.username: ", ".join(role.name for role in person.roles) for person in people}
    deciders = frozenset(name for name, said in roles.items() if {"LanhDao", "Admin"} & set(said.split(", ")))
    return Accounts(manager, roles, None, "", deciders=deciders)


def _read_simple_accounts(manager: str) -> Accounts:
    users = conf.get("core", "simple_auth_manager_users")
    file = conf.get("core", "simple_auth_manager_passwords_file", fallback="") or ""
    if not file:
        raise LookupError("môi trường này không có thiết lập của Airflow")
    roles = dict(pair.split(":", 1) for pair in users.split(",") if ":" in pair)
    passwords, why = None, ""
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        passwords = {str(name): str(password) for name, password in dict(content).items()}
    except OSError as error:
        why = error.strerror or type(error).__name__
    except ValueError:
        why = "nội dung không phải JSON"
    is_open = conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False)
    deciders = frozenset(name for name, role in roles.items() if role != "viewer")
    return Accounts(manager, roles, passwords, file, why, is_open, deciders)


def list_paused() -> Mapping[str, bool]:
    """DAG -> whether it is paused. Raises LookupError while Airflow has no database."""
    url = make_url(conf.get("database", "sql_alchemy_conn"))
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise LookupError("Airflow chưa khởi động lần nào")
    with create_session() as session:
        return dict(session.execute(select(DagModel.dag_id, DagModel.is_paused)).tuples().all())
