"""A hostile file may kill its reader; it takes nobody along."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from kybaocao.intake.book import parse_book
from kybaocao.intake.sandbox import SandboxError, run_limited
from tests.intake.catalogue import valid_form


def _children() -> set[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as handle:
        return set(handle.read().split())


@pytest.fixture(autouse=True)
def _nothing_left():  # type: ignore[no-untyped-def]
    """Every test here also says: no child, alive or dead, stays behind."""
    before = _children()
    yield
    assert _children() == before


def _run(work: Callable[[], Any], seconds: float = 10.0) -> Any:
    return run_limited(work, seconds=seconds, megabytes=300)


@pytest.mark.parametrize("value", [None, "Mường Lầm", [1, 2.5, ["d", "2026-12-09"]], "x" * 3_000_000])
def test_an_answer_comes_back_as_it_was(value: Any) -> None:
    """Plain data of any size, larger than a pipe holds."""
    assert _run(lambda: value) == value


def test_a_workbook_read_inside_is_the_workbook() -> None:
    """The sandbox changes nothing of what a reader sees."""
    data = valid_form()
    assert _run(lambda: parse_book(data)) == parse_book(data)


def test_a_reader_that_hangs_is_killed() -> None:
    """After its seconds, not after its sleep."""
    started = time.monotonic()
    with pytest.raises(SandboxError, match="quá thời gian"):
        _run(lambda: time.sleep(60), seconds=0.5)
    assert time.monotonic() - started < 5


def test_a_reader_that_hangs_after_half_an_answer_is_killed() -> None:
    """An open pipe is no answer."""
    known = set(os.listdir("/proc/self/fd"))

    def _work() -> None:
        (pipe,) = (int(fd) for fd in set(os.listdir("/proc/self/fd")) - known if os.path.exists(f"/proc/self/fd/{fd}"))
        os.write(pipe, b"[true,")
        time.sleep(60)

    with pytest.raises(SandboxError, match="quá thời gian"):
        _run(_work, seconds=0.5)


def test_a_reader_that_wants_a_gigabyte_is_refused() -> None:
    """Memory is limited to what the parent holds and a little more."""
    with pytest.raises(SandboxError, match="quá bộ nhớ"):
        _run(lambda: len(bytearray(1 << 30)))


def test_a_reader_that_aborts_is_one_failure_among_others() -> None:
    """What native code does on a broken invariant cannot be caught in-process."""
    with pytest.raises(SandboxError, match="dừng đột ngột"):
        _run(os.abort)


def test_an_exception_inside_is_told_by_its_kind() -> None:
    """The caller sees one kind of failure, and never the text a hostile file put into a message."""
    with pytest.raises(SandboxError) as caught:
        _run(lambda: int("<script>"))
    assert caught.value.reason == "ValueError"


def test_an_answer_that_is_no_plain_data_is_a_failure() -> None:
    """Nothing is unpickled from a child that read a hostile file."""
    with pytest.raises(SandboxError, match="TypeError"):
        _run(lambda: object())


def test_a_reader_cannot_write_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The child may answer through its pipe and nowhere else."""
    target = tmp_path / "x"
    with pytest.raises(SandboxError):
        _run(lambda: target.write_text("x" * 100))
    assert not target.exists() or target.stat().st_size == 0
