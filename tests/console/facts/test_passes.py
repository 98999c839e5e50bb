"""What a pass did, as the page of a run and the note of a run say it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from kybaocao.cli import main
from kybaocao.console.facts.passes import PassFacts, describe_pass, gather_pass
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.recipients import find_contacts
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.collect import collect_files
from kybaocao.stages.deliver_mail import send_everything
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import judge_agency
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import Store
from kybaocao.store.outbox import LetterState
from kybaocao.store.passes import end_pass, list_passes, record_pass
from tests.conftest import CYCLE
from tests.post import Post
from tests.stages.conftest import COMPILATION, MIDDAY, OPENING, OVERDUE, drop, use_small_plan

Begin = Callable[[str, str], Pass]
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}


@pytest.fixture
def begin(tmp_path: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """begin(moment, run) -> a pass that is noted under this name."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    use_small_plan(tmp_path, home, monkeypatch)

    def _begin(at: str, run: str) -> Pass:
        moment = dt.datetime.fromisoformat(at + "+07:00")
        p = Pass.begin(CYCLE, moment, is_replay=True, home=home, run=run)
        with p.store.write() as connection:
            record_pass(connection, CYCLE, run=run, kind="manual", actor="vanhanh", as_of=moment, begun_at=moment)
        return p

    return _begin


def gather(p: Pass, run: str) -> PassFacts:
    facts = gather_pass(p, CYCLE, run)
    assert facts is not None
    return facts


def count_questions(store: Store, ask: Callable[[], object]) -> int:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return len(asked)


def test_a_pass_names_its_files_with_their_verdicts(begin: Begin) -> None:
    """What came in and was judged; what an earlier pass judged is that pass's."""
    p = begin(MIDDAY, "sang")
    drop(p, "STP")
    run_pass(p)
    p = begin(OVERDUE, "hom-sau")
    drop(p, "X-03664", **FAULTY)
    run_pass(p)
    first, second = gather(p, "sang"), gather(p, "hom-sau")
    assert [(one.agency, one.agency_name, one.verdict) for one in first.files] == [
        ("STP", "Sở Tư pháp", Verdict.ACCEPTED)
    ]
    (file,) = second.files
    assert (file.agency, file.verdict, file.came_in, file.is_judged_here) == ("X-03664", Verdict.RETURNED, True, True)
    assert file.errors > 0


def test_a_file_that_another_pass_judges_is_named_by_both(begin: Begin) -> None:
    """Our failure in the first pass, or a scheduler that was killed between two tasks."""
    p = begin(MIDDAY, "thu")
    drop(p, "STP")
    collect_files(p)
    (waiting,) = gather(p, "thu").files
    p = begin(OVERDUE, "kiem-tra")
    judge_agency(p, "STP")
    (came,), (judged,) = gather(p, "thu").files, gather(p, "kiem-tra").files
    assert (waiting.verdict, came.verdict, came.is_judged_here) == (None, Verdict.ACCEPTED, False)
    assert (judged.came_in, judged.is_judged_here) == (False, True)


def test_letters_belong_to_the_pass_that_sent_them(begin: Begin) -> None:
    """Written while the mail server was down, sent a day later; one that the server refused says why."""
    run_pass(begin(OPENING, "mo-ky"))
    p = begin(MIDDAY, "gui")
    (dead, *_) = find_contacts(p.plan, "STP", ContactRole.OFFICER, p.local.date())
    send_everything(p, Post(dead=[dead]))
    assert gather(p, "mo-ky").letters == ()
    letters = {one.agency: one for one in gather(p, "gui").letters}
    assert (len(letters), letters["STC"].state, letters["STC"].kind) == (5, LetterState.SENT, "mo_ky")
    assert (letters["STP"].state, letters["STP"].reason) == (LetterState.REFUSED, "không có ai nhận")


def test_reminder_steps_and_versions_are_of_their_pass(begin: Begin) -> None:
    run_pass(begin(OPENING, "mo-ky"))
    run_pass(begin(OVERDUE, "qua-han"))
    p = begin(COMPILATION, "tong-hop")
    run_pass(p)
    opened, late, compiled = (gather(p, run) for run in ("mo-ky", "qua-han", "tong-hop"))
    assert (sorted(opened.forms_issued), opened.reminders) == (["HHDN", "STC", "STP", "X-03664", "X-04183"], ())
    assert ("STP", "Báo quá hạn cơ quan") in {(one.agency, one.step_name) for one in late.reminders}
    assert [(one.version, one.action, one.release) for one in compiled.versions] == [
        (1, "report-compiled", ""),
        (1, "report-released", "so_tai_chinh"),
    ]


def test_a_run_that_was_cleared_is_one_pass_with_two_beginnings(begin: Begin) -> None:
    p = begin(MIDDAY, "luot")
    drop(p, "STP")
    run_pass(p)
    p = begin(OVERDUE, "luot")
    with p.store.write() as connection:
        end_pass(connection, CYCLE, "luot", p.as_of)
    facts = gather(p, "luot")
    assert (facts.beginnings, len(facts.files), facts.begun_at, facts.ended_at) == (2, 1, p.as_of, p.as_of)


def test_a_name_that_no_pass_has_is_none(begin: Begin) -> None:
    p = begin(MIDDAY, "sang")
    assert (gather_pass(p, CYCLE, "chieu"), gather_pass(p, "nq02-2026-ky1", "sang")) == (None, None)


def test_a_pass_of_the_command_line_has_a_name_and_an_end(
    begin: Begin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page can be opened like that of a run."""
    monkeypatch.setenv("KYBAOCAO_REPLAY", "1")
    p = begin(OPENING, "khac")
    assert main(["pass", "--cycle", CYCLE, "--as-of", OPENING]) == 0
    with p.store.read() as connection:
        last = list_passes(connection, CYCLE)[-1]
    facts = gather(p, last.run)
    assert "__lenh__" in last.run
    assert (facts.kind, len(facts.forms_issued), facts.ended_at is not None) == ("command", 5, True)


def test_however_much_a_pass_did_it_takes_as_many_questions(begin: Begin) -> None:
    p = begin(OPENING, "mot")
    drop(p, "STP")
    run_pass(p)
    p = begin(MIDDAY, "nhieu")
    for agency in ("STC", "X-03664", "X-04183"):
        drop(p, agency)
    run_pass(p, connect=Post())
    one, many = (count_questions(p.store, lambda run=run: gather(p, run)) for run in ("mot", "nhieu"))  # type: ignore[misc]
    assert one == many <= 7


def test_the_note_of_a_run_counts_its_files(begin: Begin) -> None:
    """In the words of the grid; a pass without a file says what else it did."""
    run_pass(begin(OPENING, "mo-ky"), connect=Post())
    p = begin(MIDDAY, "tep")
    drop(p, "STP")
    drop(p, "STC")
    drop(p, "X-03664", **FAULTY)
    (p.home.inbox("X-04183", CYCLE) / "so.xlsx").write_bytes(b"no workbook".ljust(3000))
    run_pass(p)
    assert describe_pass(gather(p, "tep")).startswith("4 tệp: 2 nhận, 1 trả, 1 không đọc được")
    assert describe_pass(gather(p, "mo-ky")) == "Không có tệp mới; gửi biểu mẫu cho 5 cơ quan; 5 thư đã gửi"
