"""Honest files are read by a reader that can open nothing; a machine that has less says so, or reads nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kybaocao.attachments import inspection
from kybaocao.marking import annotation
from kybaocao.marking.annotation import Heading, annotate_limited
from kybaocao.plan.attachment_kinds import AttachmentFormat
from kybaocao.plan.verdict import Verdict
from kybaocao.proof import archived_files
from kybaocao.workbook import confinement_degree, reader_slots, refusal, sandbox
from kybaocao.workbook.confinement_degree import SETTING, Degree, is_required, note_degree
from kybaocao.workbook.sandbox import UnconfinedReaderError, ask_degree, run_limited
from tests.attachments.attachment_files import docx, packed_pdf, signed_pdf
from tests.checks.catalogue import edit, judge_bytes, valid_form
from tests.workbook.lesser_kernels import NEITHER, NO_LANDLOCK, NO_SECCOMP, run
from tests.workbook.test_ods import cell, pack, row_of, sheet_of
from tests.workbook.test_xls import convert, needs_libreoffice

# What is opened, listed or looked for after a reader has confined itself; nothing of it would be there.
WATCH = (
    "import sys; from kybaocao.workbook import confinement; confine, seen = confinement.confine, []\n"
    "def confine_and_watch():\n"
    "    events = ('import', 'open', 'os.listdir', 'os.scandir', 'ctypes.dlopen', 'socket.__new__', 'subprocess.Popen')\n"
    "    done = confine()\n"
    "    sys.addaudithook(lambda event, facts: seen.append([event, str(facts[0])]) if event in events else None)\n"
    "    return done\n"
    "confinement.confine = confine_and_watch\n"
    "from kybaocao.workbook import reader; answer_really = reader.answer\n"
    "reader.answer = lambda work, *limit: answer_really(lambda data: [work(data), seen][1])\n"
)


def read_marking_request() -> bytes:
    """What the marker is asked for a form with a fault in it."""
    asked: list[bytes] = []
    spoilt = edit(valid_form(), lambda book: book.worksheets[1].__setitem__("A1", "x"))
    findings = judge_bytes(spoilt).worded
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kybaocao.workbook.sandbox.run_limited", lambda program, data, **_: asked.append(data))
        annotate_limited(spoilt, findings, Heading("Kết quả", ("UBND xã",)))
    return asked[0]


HONEST: dict[str, tuple[str, Callable[[], bytes]]] = {
    "xlsx": (sandbox.READ_BOOK, valid_form),
    "ods": (sandbox.READ_BOOK, lambda: pack(sheet_of(row_of(cell("<text:p>Mường Lầm</text:p>", value_type="string"))))),
    "empty rows": (refusal._FIND_EMPTY_ROWS, valid_form),
    "marking": (annotation._IN_SANDBOX, read_marking_request),
    "pdf": (inspection._READERS[AttachmentFormat.PDF], signed_pdf),
    "packed pdf": (inspection._READERS[AttachmentFormat.PDF], lambda: packed_pdf({4: b"<</A 1>>"})),
    "docx": (inspection._READERS[AttachmentFormat.WORD], docx),
    "xlsx as evidence": (inspection._READERS[AttachmentFormat.EXCEL], valid_form),
    "proof": (archived_files.PROGRAM, lambda: json.dumps([len(valid_form())]).encode() + b"\n" + valid_form()),
}


@pytest.mark.parametrize("kind", HONEST)
def test_a_reader_looks_for_nothing_once_it_is_confined(kind: str) -> None:
    """It would find nothing, and an honest file would be called damaged."""
    program, make = HONEST[kind]
    assert run_limited(WATCH + program, make(), seconds=25, megabytes=400) == []


def test_a_reader_that_looks_for_something_is_seen() -> None:
    """Otherwise the test above would prove nothing."""
    look = "def look(data):\n    try: open('/etc/passwd')\n    except OSError: pass\n"
    assert run_limited(f"{WATCH}{look}reader.answer(look)", b"", seconds=10, megabytes=400) == [["open", "/etc/passwd"]]


@needs_libreoffice
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_a_reader_of_other_formats_looks_for_nothing_either(suffix: str) -> None:
    program = sandbox.READ_OLD_BOOK if suffix == "xls" else sandbox.READ_BOOK
    assert run_limited(WATCH + program, convert(valid_form(), suffix), seconds=25, megabytes=400) == []


# --- what is said of it, and what is done where there is less -----------------------------------------------------


@pytest.fixture
def slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which no reader has run yet."""
    monkeypatch.setattr(reader_slots, "_FOLDER", str(tmp_path / "slots"))
    note_degree.cache_clear()
    yield
    note_degree.cache_clear()


@pytest.mark.usefixtures("slots")
def test_the_degree_is_logged_once_on_a_machine(caplog: pytest.LogCaptureFixture) -> None:
    """Every file has a reader, and every task is another process."""
    with caplog.at_level(logging.INFO, confinement_degree.__name__):
        for _ in range(2):
            note_degree(Degree(7, True))
            note_degree.cache_clear()  # as in another process
    assert caplog.messages == ["cách ly tiến trình đọc tệp: đầy đủ (có Landlock (ABI 7), có bộ lọc seccomp)"]


@pytest.mark.usefixtures("slots")
@pytest.mark.parametrize("less", [Degree(0, True), Degree(7, False), Degree(0, False)])
def test_less_than_everything_is_a_warning(less: Degree, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, confinement_degree.__name__):
        note_degree(less)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("without", [NO_LANDLOCK, NO_SECCOMP, NEITHER])
def test_where_confinement_is_required_a_reader_without_it_reads_nothing(
    without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of the file; and without the setting it is read."""
    assert run("len(data) + 1", without) == 1
    monkeypatch.setenv(SETTING, "1")
    with pytest.raises(UnconfinedReaderError, match="yêu cầu cách ly đầy đủ"):
        run("1 / 0", without)


def test_the_reader_itself_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before it has looked at a byte, not after it has answered."""
    monkeypatch.setenv(SETTING, "1")
    with pytest.raises(UnconfinedReaderError):
        run(f"open({str(tmp_path / 'looked')!r}, 'w').close()", NEITHER)
    assert not (tmp_path / "looked").exists()


@pytest.mark.parametrize(("value", "required"), [("", False), ("0", False), ("1", True), ("true", True), ("có", True)])
def test_whatever_is_set_requires_confinement(value: str, required: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is spelled oddly must not open what somebody meant to close."""
    monkeypatch.setenv(SETTING, value)
    assert is_required() == required


def test_a_form_is_read_where_confinement_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (degree := ask_degree()).is_full:
        pytest.skip(f"nhân của máy này không cách ly đầy đủ: {degree}")
    monkeypatch.setenv(SETTING, "1")
    assert judge_bytes(valid_form()).verdict is Verdict.ACCEPTED
