"""Reminder steps that were taken by mistake are undone, with name and reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

import kybaocao.adapters.smtp  # noqa: F401 - the first import of Airflow prints; not while output is read
from kybaocao.cli import main
from kybaocao.stages.support.letters import list_letters
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.withdrawal import Withdrawn, select_steps, withdraw_steps
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import LetterState, Message, count_reminders, list_reminders
from kybaocao.store.steps import list_taken
from kybaocao.store.tables import audit
from tests.post import Post as Server
from tests.stages.conftest import OPENING, OVERDUE, Post

Small = Callable[[str], Pass]
WRONG, RIGHT = OVERDUE, "2026-11-26T09:00"  # a pass of 10/12 was run on 26/11
SIGNED = ["--by", "Lò Thị Hương", "--reason", "đồng hồ máy chủ sai ngày"]


SECOND = "hai.stp@sonla.example.vn"


class Breaking(Post):
    """A mail server that breaks off at every message, without an answer."""

    def send(self, message: Message) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")


@pytest.fixture
def mistaken(small: Small) -> Small:
    """Every agency was written to as overdue, two weeks before the deadline; the letters have left."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(WRONG), connect=Post)
    return small


def _names(p: Pass) -> set[str]:
    with p.store.read() as connection:
        return {one.reminder_step for one in list_taken(connection, p.cycle.id)}


def test_only_steps_before_their_time_are_chosen(mistaken: Small) -> None:
    """Of four reminders and the overdue letter, the first reminder was due by 26/11."""
    found = {one.reminder_step for one in select_steps(mistaken(RIGHT), only_early=True)}
    assert found == {"nhac_lan_2", "nhac_lan_3", "nhac_ngay_cuoi", "qua_han_co_quan"}


def test_an_undone_step_is_taken_when_it_is_due(mistaken: Small) -> None:
    """The first reminder collapsed into the untrue letter: it is due and goes out, the second on its day."""
    p = mistaken(RIGHT)
    withdraw_steps(p, select_steps(p, only_early=True), by="Lò Thị Hương", reason="nhầm ngày")
    assert _names(p) == set()
    taken = []
    for at in (RIGHT, "2026-12-02T08:00"):
        run_pass(mistaken(at), connect=Post)
        taken.append(_names(p))
    assert taken == [{"nhac_lan_1"}, {"nhac_lan_1", "nhac_lan_2"}]
    with p.store.read() as connection:
        letters = [one for one in list_reminders(connection, p.cycle.id) if one.message.agency == "X-04183"]
    assert [len(one.message.steps) for one in letters] == [1, 1]
    assert count_reminders(letters) == {"X-04183": 2}, "the untrue letter is no reminder"


def test_a_letter_that_waits_never_leaves(small: Small) -> None:
    """The mail server was away: the untrue letters are withdrawn with the reason."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(WRONG))
    p = small(RIGHT)
    done = withdraw_steps(p, select_steps(p, only_early=True), by="Lò Thị Hương", reason="nhầm ngày")
    with p.store.read() as connection:
        states = {(one.state, one.last_error) for one in list_reminders(connection, p.cycle.id)}
    assert (done.letters_stopped > 0, done.letters_sent, states) == (True, 0, {(LetterState.WITHDRAWN, "nhầm ngày")})


def test_a_letter_at_which_the_server_broke_off_is_not_tried_again(small: Small) -> None:
    """Perhaps it has left. The step is taken anew: its new letter is the only one that goes out."""
    server = Server()
    run_pass(small(OPENING), connect=server)
    run_pass(small(WRONG), connect=Breaking)
    _withdraw_all(small("2026-12-10T08:30"))
    run_pass(small("2026-12-10T09:00"), connect=server)
    overdue = [one.recipients for one in server.took if one.kind == "qua_han"]
    assert len(overdue) == len(set(overdue))


def test_a_copy_put_off_by_a_busy_server_is_withdrawn_with_its_letter(small: Small) -> None:
    """One of two officers has the untrue letter, the other gets only what is written anew."""
    server = Server()
    _open_with_two_officers(small, server)
    server.busy = {SECOND}
    run_pass(small(WRONG), connect=server)
    server.busy, before = set(), len(server.letters_to(SECOND))
    _withdraw_all(small("2026-12-10T08:30"))
    run_pass(small("2026-12-10T09:00"), connect=server)
    assert [len(one.steps) > 0 for one in server.letters_to(SECOND)[before:]] == [True]


def test_an_untrue_letter_that_was_refused_is_not_offered_to_be_sent_again(small: Small) -> None:
    """It is withdrawn: nothing about it is left for the operators to decide."""
    server = Server()
    _open_with_two_officers(small, server)
    server.rejecting = {SECOND}
    run_pass(small(WRONG), connect=server)
    p = small("2026-12-10T08:30")
    with p.store.read() as connection:
        before = [one.queued.state for one in list_letters(connection, p.cycle.id)]
    done = _withdraw_all(p)
    with p.store.read() as connection:
        after = list_letters(connection, p.cycle.id)
    assert (before, done.letters_stopped, after) == ([LetterState.REFUSED], 1, [])


def _withdraw_all(p: Pass) -> Withdrawn:
    return withdraw_steps(p, select_steps(p), by="Lò Thị Hương", reason="nhầm ngày")


def _open_with_two_officers(small: Small, server: Server) -> None:
    path = small(OPENING).plan.folder / "lien_he.csv"
    line = f"STP,dau_moi,Người Hai,,{SECOND},,2026-01-01,2027-12-31\n"
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    run_pass(small(OPENING), connect=server)


def test_what_else_a_withdrawn_letter_says_is_written_anew(small: Small, tmp_path: Path) -> None:
    """One person looks after two agencies: only one of them is undone, the other is still reminded."""
    path = tmp_path / "config" / "nq02-2026" / "lien_he.csv"
    small(OPENING)
    lines = path.read_text(encoding="utf-8").splitlines()
    officer = {line.split(",")[0]: line.split(",")[4] for line in lines[1:] if ",dau_moi," in line}
    path.write_text(path.read_text(encoding="utf-8").replace(officer["STP"], officer["STC"]), encoding="utf-8")
    run_pass(small(OPENING))
    run_pass(small("2026-11-25T08:00"))
    p = small("2026-11-25T09:00")
    withdraw_steps(p, select_steps(p, agencies=["STP"]), by="Lò Thị Hương", reason="đã nộp bản giấy")
    run_pass(p)
    with p.store.read() as connection:
        waiting = [one.message for one in list_reminders(connection, p.cycle.id) if one.state == LetterState.PENDING]
    assert {step.agency for one in waiting for step in one.steps} >= {"STC", "STP"}, "STP is due again, and so is STC"


def test_who_undid_it_and_why_stands_in_the_audit(mistaken: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each step: the one that was named, and those that had collapsed into it."""
    p = mistaken(RIGHT)
    arguments = ["withdraw-steps", "--cycle", p.cycle.id, "--agency", "STP", "--step", "qua_han_co_quan", *SIGNED]
    assert main([*arguments, "--json"]) == 0
    gone = [one["rung"] for one in json.loads(capsys.readouterr().out)["steps"]]
    assert (len(gone), gone[-1]) == (5, "qua_han_co_quan")
    with p.store.read() as connection:
        *lines, line = connection.execute(select(audit).where(audit.c.action == "step-withdrawn")).all()
    assert len(lines) == 4
    assert (line.actor, line.agency, "đồng hồ máy chủ sai ngày" in line.detail) == ("Lò Thị Hương", "STP", True)
    assert main(arguments) == 2, "a second time there is nothing to undo"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "xin chọn bước cần hủy"),
        (["--step", "khong_co"], "không có bước đôn đốc nào"),
        (["--since", "hôm qua"], "không phải thời điểm hợp lệ"),
        (["--early", "--by", " "], "xin ghi họ tên"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(
    mistaken: Small, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    """Nothing is undone by an incomplete command."""
    p = mistaken(RIGHT)
    before = _names(p)
    assert main(["withdraw-steps", "--cycle", p.cycle.id, *SIGNED, *more]) == 2
    assert said in capsys.readouterr().err
    assert _names(p) == before


def test_a_dry_run_changes_nothing(mistaken: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists what it would undo."""
    p = mistaken(RIGHT)
    before = _names(p)
    assert main(["withdraw-steps", "--cycle", p.cycle.id, "--step", "qua_han_co_quan", "--dry-run", *SIGNED]) == 0
    assert "Sẽ hủy" in capsys.readouterr().out
    assert _names(p) == before
