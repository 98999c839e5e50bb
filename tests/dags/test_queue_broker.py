"""Redis, through which tasks reach Celery's workers: the watch says that it does not answer, and since when."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from kybaocao.adapters import pass_watch, queue_broker
from kybaocao.adapters.pass_watch import PassWatch
from kybaocao.adapters.queue_broker import QueueBroker
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.watch.observation import Situation
from tests.conftest import CYCLE

NOW = dt.datetime(2026, 12, 10, 2, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)


class Redis:
    """Says what a server of Redis says to the little that a client asks here."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.is_silent = self.asks_password = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client:
            while data := client.recv(4096):
                commands = data.count(b"*")
                if self.is_silent:
                    continue
                if self.asks_password:
                    client.sendall(b"-NOAUTH Authentication required.\r\n" * commands)
                elif b"HELLO" in data:
                    client.sendall(b"%1\r\n+proto\r\n:3\r\n")
                else:
                    client.sendall(b"+PONG\r\n" if b"PING" in data else b"+OK\r\n" * commands)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits there would take one client more
        self._listener.close()


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    found = Redis()
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", f"redis://127.0.0.1:{found.port}/0")
    monkeypatch.setattr(queue_broker, "PATIENCE_SECONDS", 0.5)
    yield found
    with suppress(OSError):  # a test may have
        found.close()


def test_a_queue_that_answers_is_well(redis: Redis) -> None:
    assert QueueBroker(NOW).find_silent(LATER) == {}


def test_a_queue_that_asks_for_a_password_answers(redis: Redis) -> None:
    """The watch of production has none: it could give tasks to the workers."""
    redis.asks_password = True
    assert QueueBroker(NOW).find_silent(LATER) == {}


def test_a_queue_that_hangs_is_silent_since_it_answered_last(redis: Redis) -> None:
    """One that takes the connection and says nothing, too."""
    broker = QueueBroker(NOW)
    broker.find_silent(LATER)
    redis.is_silent = True
    found = [broker.find_silent(LATER + dt.timedelta(minutes=number)) for number in (1, 2)]
    assert found == [{"redis": LATER}] * 2


def test_a_queue_that_was_never_reached_counts_from_the_first_look(redis: Redis) -> None:
    redis.close()
    assert QueueBroker(NOW).find_silent(LATER) == {"redis": NOW}


def test_where_no_celery_is_used_nobody_is_asked(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `make up`."""
    redis.close()
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    assert QueueBroker(NOW).find_silent(LATER) == {}


@pytest.mark.parametrize(("is_paused", "is_said"), [(False, True), (True, False)])
def test_a_cycle_that_runs_hears_of_it(
    is_paused: bool, is_said: bool, redis: Redis, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cycle that nobody runs needs no queue."""
    redis.close()
    monkeypatch.setattr(pass_watch, "read_situations", lambda cycles, at: {CYCLE: Situation(at, is_paused=is_paused)})
    cycle = find_plan(CYCLE).cycles[CYCLE]
    found = PassWatch(home, dt.timedelta(minutes=30))._read([cycle], NOW)
    assert ("redis" in found[CYCLE].silent) is is_said
