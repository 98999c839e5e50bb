"""Redis, through which the scheduler hands tasks to Celery's workers: whether it answers."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress

from airflow.configuration import conf

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5
NAME = "redis"


class QueueBroker:
    """What the watch knows of the queue; nothing where no Celery is used."""

    def __init__(self, at: dt.datetime) -> None:
        self._answered_at = at  # at the latest when we began to look

    def find_silent(self, at: dt.datetime) -> dict[str, dt.datetime]:
        """NAME -> when it answered last, while it does not."""
        url = _find_url()
        if not url:
            return {}
        try:
            _ask(url)
        except Exception as error:  # of the client, of the network, or that there is no client
            log.warning("hàng đợi (Redis) không trả lời: %s", error)
            return {NAME: self._answered_at}
        self._answered_at = at
        return {}


def _find_url() -> str:
    if "Celery" not in conf.get("core", "executor", fallback=""):
        return ""
    url = conf.get("celery", "broker_url", fallback="")
    return url if url.startswith(("redis://", "rediss://")) else ""


def _ask(url: str) -> None:
    from redis import AuthenticationError, Redis

    client = Redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS)
    with client, suppress(AuthenticationError):  # it answers; the watch of production has no password for it
        client.ping()
