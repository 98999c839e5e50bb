"""The draft công văn that goes with a collective letter: once, whole, and the one that was recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.audit import list_actions
from kybaocao.store.outbox import Message, list_messages
from tests.conftest import CYCLE
from tests.stages.conftest import OPENING, OVERDUE, Post

T2, T3 = "2026-12-11T08:00", "2026-12-14T08:00"
Begin = Callable[[str], Pass]


def collective(p: Pass) -> list[Message]:
    with p.store.read() as connection:
        kinds = ("danh_sach_qua_han", "bao_cao_chu_tich")
        return [queued.message for queued in list_messages(connection, CYCLE) if queued.message.kind in kinds]


def reminders(small: Begin, *moments: str) -> Pass:
    """Nobody hands anything in."""
    for moment in (OPENING, OVERDUE, *moments):
        p = small(moment)
        run_pass(p, connect=Post)
    return p


def test_each_collective_letter_carries_its_draft(small: Begin) -> None:
    """T+2 that of Sở Tài chính, T+3 that of UBND tỉnh; the letter says so and the file is the recorded one."""
    p = reminders(small, T2, T3)
    letters = collective(p)
    names = [attachment.name for letter in letters for attachment in letter.attachments]
    assert names == ["Du-thao-cong-van-don-doc-cua-So-Tai-chinh.docx", "Du-thao-cong-van-don-doc-cua-UBND-tinh.docx"]
    for letter in letters:
        data = (p.home.root / letter.attachments[0].path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == letter.attachments[0].sha256
        assert "dự thảo công văn" in letter.text


def test_the_draft_is_in_the_audit(small: Begin) -> None:
    """Rung, file and checksum, once for each letter."""
    p = reminders(small, T2)
    with p.store.read() as connection:
        ((_, detail),) = list_actions(connection, "dispatch-drafted", CYCLE, "")
    (letter,) = collective(p)
    assert (detail["rung"], detail["sha256"]) == ("bao_cao_so_tai_chinh", letter.attachments[0].sha256)
    assert "dispatch" in detail  # keys that are stored keep their names


def test_the_same_pass_again_changes_nothing(small: Begin) -> None:
    """One letter, one file, the same bytes."""
    p = reminders(small, T2)
    before = {path: path.read_bytes() for path in p.home.official_letters(CYCLE).iterdir()}
    run_pass(small(T2), connect=Post)
    assert {path: path.read_bytes() for path in p.home.official_letters(CYCLE).iterdir()} == before
    assert (len(before), len(collective(p))) == (1, 1)


def test_a_pass_killed_after_writing_the_draft_is_made_good(small: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file lies there, the letter was never recorded: the next try records one letter with that file."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kybaocao.stages.support.reminder_letters.record_draft", killed)
        with pytest.raises(KeyboardInterrupt):
            reminders(small, T2)
    assert collective(small(T2)) == []
    run_pass(small(T2), connect=Post)
    (letter,) = collective(small(T2))
    assert [path.name for path in small(T2).home.official_letters(CYCLE).iterdir()] == [
        letter.attachments[0].path.rpartition("/")[2]
    ]


def test_a_letter_does_not_wait_for_its_draft(small: Begin) -> None:
    """While the words of the công văn are broken the list goes out without it, and does not promise it."""
    path = small(OPENING).plan.folder / "cong_van.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{con_lai}", "{con lai}"), encoding="utf-8")
    (letter,) = collective(reminders(small, T2))
    assert letter.attachments == ()
    assert "dự thảo" not in letter.text
