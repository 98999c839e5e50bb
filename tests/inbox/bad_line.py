"""A line to a server that stands still in the middle of a copy, and then goes on or breaks."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

_PIECE = 8_192


class BadLine:
    """Listens on `port` for one connection; after `passes_bytes` from the client nothing more comes through."""

    def __init__(self, server_port: int, passes_bytes: int) -> None:
        self._server_port, self._passes_bytes = server_port, passes_bytes
        self._going_on = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def go_on(self) -> None:
        self._going_on.set()

    def cut(self) -> None:
        """Both ends lose the connection."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._going_on.set()

    def __enter__(self) -> BadLine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cut()
        for end in (self._listener, *self._ends):
            end.close()

    def _serve(self) -> None:
        with suppress(OSError):
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._ends = [client, server]
            threading.Thread(target=self._pass, args=(server, client, None), daemon=True).start()
            self._pass(client, server, self._passes_bytes)

    def _pass(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                if limit is not None and passed >= limit:
                    self._going_on.wait()
                passed += len(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
