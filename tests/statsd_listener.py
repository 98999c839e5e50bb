"""A StatsD server on this machine that keeps what arrives."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType


class Listener:
    """UDP on a free port of loopback, read all the time: the kernel keeps only some hundred packets."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._is_closed = False
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._receive, daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_closed = True
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        while not self._is_closed:
            try:
                self.lines += self._socket.recv(65536).decode().splitlines()
            except TimeoutError:
                continue

    def settings(self) -> dict[str, str]:
        """Airflow's settings that send metrics here, with labels."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self._socket.getsockname()[1]),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
        }

    def read(self, is_enough: Callable[[list[str]], bool], seconds: float = 5) -> list[str]:
        """Everything that has arrived, once it is enough or the time is over."""
        until = time.monotonic() + seconds
        while not is_enough(self.lines) and time.monotonic() < until:
            time.sleep(0.05)
        return self.lines
