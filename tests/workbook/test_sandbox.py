"""A hostile file may kill its reader; it harms nobody else and learns nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kybaocao.workbook import sandbox
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.sandbox import BusyMachineError, SandboxError, parse_limited, run_limited
from tests.checks.catalogue import valid_form

ANSWER = "from kybaocao.workbook.reader import answer; import os, signal, sys, time; answer(lambda data: {})"


def _children() -> set[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as handle:
        return set(handle.read().split())


@pytest.fixture(autouse=True)
def _nothing_left():  # type: ignore[no-untyped-def]
    """Every test here also says: no child, alive or dead, and no open file stays behind."""
    before, files = _children(), len(os.listdir("/proc/self/fd"))
    yield
    assert (_children(), len(os.listdir("/proc/self/fd"))) == (before, files)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine of the tests is, a reader gets its processor time."""
    monkeypatch.setattr(sandbox, "PATIENCE", 200)


def _run(expression: str, data: bytes = b"", seconds: int = 10) -> Any:
    """The answer of a reader that evaluates `expression`, with the file's bytes as `data`."""
    return run_limited(ANSWER.format(expression), data, seconds=seconds, megabytes=300)


@pytest.mark.parametrize("value", [None, "Mường Lầm", [1, 2.5, True], "\ud800", "x" * 3_000_000])
def test_an_answer_comes_back_as_it_was(value: Any) -> None:
    """Plain data of any size, larger than a pipe holds."""
    assert _run("__import__('json').loads(data)", json.dumps(value).encode()) == value


def test_a_workbook_read_inside_is_the_workbook() -> None:
    """The sandbox changes nothing of what a reader sees."""
    assert parse_limited(valid_form()) == parse_book(valid_form())


@pytest.mark.usefixtures("patient")
def test_a_reader_that_computes_for_ever_is_killed() -> None:
    """Also when it has made itself deaf to signals."""
    with pytest.raises(SandboxError, match="too-long"):
        _run("[signal.signal(n, signal.SIG_IGN) for n in (15, 24)] and any(iter(int, 1))", seconds=1)


@pytest.mark.parametrize("idle", ["time.sleep(60)", "os.kill(os.getpid(), signal.SIGSTOP)"], ids=["waits", "stopped"])
def test_a_reader_that_gets_no_time_is_no_fault_of_the_file(idle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an overloaded machine: it is killed at last, and the error is none that is answered to an agency."""
    monkeypatch.setattr(sandbox, "PATIENCE", 0.2)
    with pytest.raises(BusyMachineError, match="xin thử lại") as caught:
        _run(idle)
    assert not isinstance(caught.value, SandboxError)


def test_a_reader_may_take_longer_by_the_clock_than_by_the_processor() -> None:
    """Others on the machine slow it down; only its own work counts."""
    assert _run("time.sleep(1.5) or 'done'", seconds=1) == "done"


@pytest.mark.usefixtures("patient")
def test_half_an_answer_is_no_answer() -> None:
    """What was written before the end came is thrown away."""
    with pytest.raises(SandboxError, match="too-long"):
        _run("os.write(1, b'[true,') and any(iter(int, 1))", seconds=1)
    with pytest.raises(SandboxError, match="died"):
        _run("os.write(1, b'[true,[]]') and os.abort()")


def test_a_reader_that_wants_a_gigabyte_is_refused() -> None:
    """Its memory is limited before it looks at the first byte."""
    with pytest.raises(SandboxError, match="MemoryError"):
        _run("len(bytearray(1 << 30))")


def test_a_reader_that_answers_without_end_is_stopped() -> None:
    """The answer itself has a limit."""
    with pytest.raises(SandboxError, match=r"OSError|died"):
        _run("[os.write(1, b' ' * (1 << 20)) for _ in range(100)]")


def test_a_reader_that_aborts_is_one_failure_among_others() -> None:
    """What native code does on a broken invariant cannot be caught in-process."""
    with pytest.raises(SandboxError, match="died"):
        _run("os.abort()")


def test_an_exception_inside_is_known_by_its_kind() -> None:
    """The caller sees one kind of failure, and never the text a hostile file put into a message."""
    with pytest.raises(SandboxError) as caught:
        _run("int('<script>')")
    assert caught.value.reason == "ValueError"


def test_an_answer_that_is_no_plain_data_is_a_failure() -> None:
    """Nothing is unpickled from a process that read a hostile file."""
    with pytest.raises(SandboxError, match="TypeError"):
        _run("object()")


def test_a_reader_has_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment, no open files but its own three, no settings of the user."""
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "geheim")
    look = "import os; seen = [dict(os.environ), sorted(os.listdir('/proc/self/fd')), os.getcwd()]"
    with open(__file__):
        environment, files, folder = run_limited(f"{look}; {ANSWER.format('seen')}", b"", seconds=10, megabytes=300)
    environment.pop("LC_CTYPE", None)  # the interpreter itself coerces the C locale to UTF-8
    assert (environment, files[:3], len(files), folder) == ({}, ["0", "1", "2"], 4, "/")  # the fourth is the listing


def test_a_reader_cannot_fill_the_disk(tmp_path: Path) -> None:
    """Whatever it writes is limited like its answer."""
    target = tmp_path / "x"
    with pytest.raises(SandboxError):
        _run(f"open({str(target)!r}, 'wb').write(bytes(80 << 20))")
    assert not target.exists() or target.stat().st_size <= 64 << 20
