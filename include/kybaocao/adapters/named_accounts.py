"""Accounts with names and roles: FAB's auth manager, with what this system needs of it (decision 23).

Only production uses it; the embedded system has Airflow's SimpleAuthManager. Roles stand in `config/roles.json`, how
people log in in `config/webserver_config.py`.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.configuration import conf
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from fastapi import HTTPException, status
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class NamedAccounts(FabAuthManager):  # type: ignore[misc]
    """An account is known by its name everywhere, as `nguoi_nhan.yaml` writes it: FAB's own numbers are no names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit = parse(conf.get("fab", "auth_rate_limit", fallback="5 per 40 second"))
        self._failures = MovingWindowRateLimiter(MemoryStorage())

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: Any) -> bool:
        """Whether the question is for this person."""
        return user.get_name() in assigned_users

    def is_authorized_dag(
        self, *, method: Any, user: Any, access_entity: DagAccessEntity | None = None, details: Any = None
    ) -> bool:
        """As FAB, but whoever answers a question need not be allowed to change, and so to pause, its DAG."""
        if access_entity is not DagAccessEntity.HITL_DETAIL or method == "GET":
            return bool(
                super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
            )
        entities = self._get_fab_resource_types(access_entity)
        return all(
            self._is_authorized(method=method, resource_type=one, user=user) for one in entities
        ) and self.is_authorized_dag(method="GET", user=user, details=details)

    def create_token(self, headers: dict[str, str], body: dict[str, Any]) -> Any:
        """The user of this name and password, or None.

        Raises 429 after too many wrong ones, as the login form does, and ValueError for what is no text.
        FAB limits its form alone, and would let a program try passwords here without end.
        """
        if not all(isinstance(body.get(one, ""), str) for one in ("username", "password")):
            raise ValueError("Username and password must be text")
        name = body.get("username", "").strip().casefold()
        if not self._failures.test(self._limit, name):
            raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "Too many wrong passwords; try again in a minute")
        user = super().create_token(headers, body)
        if user is None:
            self._failures.hit(self._limit, name)
        return user
