"""Running a parser in a child process that may die without taking anyone along.

A crafted file can make a native reader abort, hang or eat memory; none of that can be caught in-process.
The child is forked (what the parent has imported is free), limited in memory and time, and killed when it
overstays.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class SandboxError(Exception):
    """The child did not come back with an answer; `reason` is said to the agency."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run_limited(work: Callable[[], Any], *, seconds: float, megabytes: int) -> Any:
    """The result of `work()`, plain JSON data, run in a child process.

    JSON and not pickle: what comes back from a parser that met a hostile file is not to be trusted.

    `megabytes` is what the child may use beyond what the parent already holds.  Raises SandboxError when
    the child is killed, aborts or runs out of memory or time.  An exception inside `work` is a
    SandboxError too: whatever a hostile file provokes, the caller sees one kind of failure.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run_child(work, reader, writer, megabytes, seconds)
    os.close(writer)
    try:
        payload = _read_all(reader, time.monotonic() + seconds)
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if payload is None:
        raise SandboxError("quá thời gian cho phép")
    if not payload:
        raise SandboxError("tệp làm trình đọc dừng đột ngột hoặc quá bộ nhớ cho phép")
    try:
        is_done, result = json.loads(payload)
    except ValueError:
        raise SandboxError("trình đọc trả về dữ liệu hỏng") from None
    if not is_done:
        raise SandboxError(str(result))
    return result


def _run_child(work: Callable[[], Any], reader: int, writer: int, megabytes: int, seconds: float) -> None:
    status = 1
    try:
        os.close(reader)
        gc.disable()  # a collection would touch, and so copy, every page shared with the parent
        faulthandler.disable()  # an abort is expected here, and told by the parent
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = held + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            payload = json.dumps((True, work()), ensure_ascii=False, separators=(",", ":")).encode()
        except MemoryError:
            payload = json.dumps((False, "quá bộ nhớ cho phép")).encode()
        except Exception as error:  # whatever the parser threw, the parent gets one kind of answer
            payload = json.dumps((False, type(error).__name__)).encode()
        view = memoryview(payload)
        while view:
            view = view[os.write(writer, view) :]
        status = 0
    finally:
        os._exit(status)


def _read_all(descriptor: int, until: float) -> bytes | None:
    """Everything the child writes; b"" when it died silently, None when it overstayed."""
    chunks: list[bytes] = []
    while True:
        left = until - time.monotonic()
        if left <= 0:
            return None
        ready, _, _ = select.select([descriptor], [], [], left)
        if not ready:
            return None
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
