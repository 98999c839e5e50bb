"""Two passes beside each other, held at the harmful moment, end as one after the other; on both engines."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.plan.last_good import find_kept
from kybaocao.stages import aggregate, collect, escalate, validate
from kybaocao.stages import compile_report as compiling
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.collect import collect_files
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.escalate import escalate_agency
from kybaocao.stages.support import (
    agency_folder,
    attachments,
    configuration,
    form_issuing,
    misplaced_files,
    reminder_letters,
)
from kybaocao.stages.support.agency_folder import put_answer, put_unwritten_answers
from kybaocao.stages.support.configuration import settle_configuration
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.misplaced_files import report_misplaced_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.validate import validate_agency
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import list_versions
from kybaocao.store.submissions import latest_accepted, list_components, list_submissions
from kybaocao.store.tables import audit
from tests.attachments.attachment_files import PDF
from tests.stages.conftest import COMPILATION, MIDDAY, OPENING, OVERDUE, drop
from tests.store.conftest import create_database, postgres

__all__ = ["postgres"]  # a fixture of the store's tests

Small = Callable[[str], Pass]
AGENCY, OTHER = "X-04183", "STP"
PATIENCE_SECONDS = 5.0  # for the other one to come to the same place; where they take turns it never does


@pytest.fixture(params=["sqlite", "postgresql"])
def both(small: Small, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The small plan on each engine; every file is whole as soon as it is there."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    if request.param == "postgresql":
        monkeypatch.setenv("KYBAOCAO_DB_URL", create_database(request.getfixturevalue("postgres")))
        small(OPENING).store.upgrade()
    return small


def _meet(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Both wait for each other, once, after they have called this."""
    barrier, called = threading.Barrier(2), threading.local()
    function = getattr(module, name)

    def _call(*args: Any, **named: Any) -> Any:
        found = function(*args, **named)
        if not hasattr(called, "before"):
            called.before = True
            with contextlib.suppress(threading.BrokenBarrierError):  # when they take turns
                barrier.wait(PATIENCE_SECONDS)
        return found

    monkeypatch.setattr(module, name, _call)


def _together(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


class _Stop:
    """Holds the first call of a function after it was done, until it is allowed to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
        self.reached, self.may_go = threading.Event(), threading.Event()
        function, first = getattr(module, name), threading.Lock()

        def _call(*args: Any, **named: Any) -> Any:
            found = function(*args, **named)
            if first.acquire(blocking=False):
                self.reached.set()
                assert self.may_go.wait(60)
            return found

        monkeypatch.setattr(module, name, _call)

    def while_held(self, slow: Callable[[], Any], others: Callable[[], Any]) -> Any:
        """Run `slow` up to the stop, then `others`, then the rest of `slow`; returns what `slow` did."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(slow)
            try:
                assert self.reached.wait(60)
                others()
            finally:
                self.may_go.set()
            return done.result()


def _put(p: Pass, name: str, data: bytes, agency: str = AGENCY) -> Path:
    path = p.home.inbox(agency, p.cycle.id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _form(p: Pass, **changes: Any) -> bytes:
    path = drop(p, AGENCY, name="làm.xlsx", **changes)
    data = path.read_bytes()
    path.unlink()
    return data


def _versions(p: Pass, agency: str = AGENCY) -> list[Submission]:
    with p.store.read() as connection:
        return list_components(connection, p.cycle.id, agency)


def _in_force(p: Pass) -> str:
    with p.store.read() as connection:
        found = latest_accepted(connection, p.cycle.id, AGENCY)
    return found.file_name if found else ""


def _count_actions(p: Pass) -> Counter[str]:
    with p.store.read() as connection:
        return Counter(connection.scalars(select(audit.c.action)))


def _kinds(p: Pass, agency: str = AGENCY) -> list[str]:
    with p.store.read() as connection:
        mails = [queued.message for queued in list_messages(connection, p.cycle.id)]
    return [mail.kind for mail in mails if mail.agency == agency]


def _page(p: Pass, name: str) -> str:
    return (p.home.replies(AGENCY, p.cycle.id) / name).read_text(encoding="utf-8")


# --- collecting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list_drops", "_note_sightings", "_keep"])
def test_each_file_is_recorded_once(both: Small, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Both have read what is known, noted what they see, or copied a file, before either records it."""
    p = both(MIDDAY)
    for agency in (AGENCY, OTHER):
        for number in range(3):
            _put(p, f"{number}.xlsx", b"khong phai Excel %d" % number, agency)
    _meet(monkeypatch, collect, name)
    found = _together(lambda: collect_files(both(MIDDAY)), lambda: collect_files(both(MIDDAY)))
    assert [one.version for agency in (AGENCY, OTHER) for one in _versions(p, agency)] == [1, 2, 3] * 2
    assert (sum(one.new for one in found), sum(one.duplicates for one in found)) == (6, 0)
    assert _count_actions(p)["file-received"] == 6 and not _count_actions(p)["file-identical"]


@pytest.mark.parametrize("name", ["a.xlsx", "b.xlsx"])
def test_a_slow_collector_puts_no_older_file_in_force(both: Small, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It has copied the old file; the agency replaces it, and another collector is faster.

    The old file is recorded and answered; the page says which one is in force.
    """
    p = both(MIDDAY)
    run_pass(both(OPENING))
    old, new = _form(p, seed=1), _form(p, seed=2)
    path = _put(p, "a.xlsx", old)

    def replace() -> None:
        path.unlink()
        _put(p, name, new)
        collect_files(both(MIDDAY))
        validate_agency(both(MIDDAY), AGENCY)

    stop = _Stop(monkeypatch, collect, "_keep")
    stop.while_held(lambda: collect_files(both(MIDDAY)), replace)
    validate_agency(both(MIDDAY), AGENCY)
    found = _versions(p)
    assert [(one.version, one.verdict) for one in found] == [(2, "accepted"), (1, "accepted")]
    with p.store.read() as connection:
        in_force = latest_accepted(connection, p.cycle.id, AGENCY)
    assert in_force is not None and in_force.version == 1
    assert "bản nq02-2026-ky2/X-04183/01, bản đó đã được tiếp nhận và vẫn có hiệu lực" in _page(
        p, "Phieu-tiep-nhan_02.html"
    )
    assert (collect_files(both(MIDDAY)).new, aggregate_returns(both(MIDDAY)).accepted) == (0, 1)


def test_attachments_stand_in_the_order_in_which_they_came(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    p = both(MIDDAY)
    path = _put(p, "ban ky 1.pdf", PDF)

    def replace() -> None:
        path.unlink()
        _put(p, "ban ky 2.pdf", PDF + b"\n")
        collect_files(both(MIDDAY))

    _Stop(monkeypatch, collect, "_keep").while_held(lambda: collect_files(both(MIDDAY)), replace)
    found = _versions(p)
    assert [(one.file_name, one.component) for one in found] == [("ban ky 1.pdf", "ban_ky"), ("ban ky 2.pdf", "ban_ky")]


def test_a_file_that_changes_while_it_is_copied_waits(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded under a state of a file is what it held in this state."""
    p = both(MIDDAY)
    _put(p, "a.xlsx", b"khong phai Excel 1")
    with monkeypatch.context() as patch:
        stop = _Stop(patch, collect, "look_into")  # the first of two looks; then the second is changed
        stop.may_go.set()
        read = os.read
        is_changed = []

        def _change(descriptor: int, count: int) -> bytes:
            if not is_changed and os.readlink(f"/proc/self/fd/{descriptor}").endswith("a.xlsx"):
                is_changed.append(True)
                _put(p, "a.xlsx", b"khong phai Excel 2")
            return read(descriptor, count)

        patch.setattr("kybaocao.inbox.archive.os.read", _change)
        first = collect_files(p)
    assert (first.new, first.unsettled, collect_files(p).new) == (0, (f"{AGENCY}/a.xlsx",), 1)


# --- other stages ----------------------------------------------------------------------------------------------------


def test_a_form_that_is_being_filled_in_is_not_replaced(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow pass has rendered the form; another one has given it out, and the official has begun."""
    p = both(OPENING)
    form = p.home.cycle_folder(AGENCY, p.cycle.id) / f"Bieu-mau_{AGENCY}_{p.cycle.id}.xlsx"

    def fill_in() -> None:
        issue_forms(both(OPENING))
        form.write_bytes(b"dang dien")

    stop = _Stop(monkeypatch, form_issuing, "render_form")
    monkeypatch.setattr(form_issuing, "list_without_form", lambda p: [AGENCY])
    stop.while_held(lambda: issue_forms(both(OPENING)), fill_in)
    assert (form.read_bytes(), _kinds(p)) == (b"dang dien", ["mo_ky"])


def test_a_version_is_judged_and_answered_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    p = both(MIDDAY)
    _put(p, "a.xlsx", _form(p))
    _put(p, "ban ky.pdf", PDF)
    collect_files(p)
    _meet(monkeypatch, attachments, "list_attachments")
    _meet(monkeypatch, validate, "list_submissions")
    counts = _together(lambda: validate_agency(both(MIDDAY), AGENCY), lambda: validate_agency(both(MIDDAY), AGENCY))
    assert sum(one["accepted"] for one in counts) == 1
    assert (_kinds(p), _count_actions(p)["version-accepted"]) == (["tiep_nhan"], 1)


def test_the_page_of_a_slow_pass_does_not_replace_a_newer_one(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two attachments, the second collected while a slow pass judges the first."""
    p = both(MIDDAY)
    _put(p, "ban ky 1.pdf", PDF)
    collect_files(p)
    second = threading.Thread(target=lambda: validate_agency(both(MIDDAY), AGENCY))

    def judge_second() -> None:
        _put(p, "ban ky 2.pdf", PDF + b"\n")
        collect_files(both(MIDDAY))
        second.start()
        second.join(1.0)

    _Stop(monkeypatch, attachments, "list_attachments").while_held(lambda: validate_agency(p, AGENCY), judge_second)
    second.join()
    assert ["ban ky 1.pdf" in _page(p, "Tep-kem-theo.html"), "ban ky 2.pdf" in _page(p, "Tep-kem-theo.html")] == [
        True,
        True,
    ]


def test_misplaced_files_are_reported_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kybaocao.inbox.misplaced.PATIENCE_SECONDS", 0.0)
    p = both(OPENING)
    run_pass(p)
    (p.home.cycle_folder(AGENCY, p.cycle.id) / "a.xlsx").write_bytes(b"x")
    _meet(monkeypatch, misplaced_files, "_recall")
    _together(lambda: report_misplaced_files(both(MIDDAY)), lambda: report_misplaced_files(both(MIDDAY)))
    assert (_kinds(p).count("chua_nop"), _count_actions(p)["file-astray"]) == (1, 1)


def test_an_agency_that_was_accepted_meanwhile_is_not_reminded(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow pass has found a step due; before it takes the step another one accepts the file."""
    run_pass(both(OPENING))
    p = both(OVERDUE)
    assert AGENCY in aggregate_returns(p).to_escalate
    _put(p, "a.xlsx", _form(p, **{"xac_nhan/ly_do_nop_muon/gia_tri": "Chờ số liệu của cơ quan thuế đến ngày 11/12"}))
    collect_files(both(OVERDUE))
    validate_agency(both(OVERDUE), AGENCY)
    assert (_in_force(p), escalate_agency(p, AGENCY)) == ("a.xlsx", [])


def test_a_step_is_taken_and_said_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    run_pass(both(OPENING))
    _meet(monkeypatch, escalate, "list_steps")
    taken = _together(lambda: escalate_agency(both(OVERDUE), AGENCY), lambda: escalate_agency(both(OVERDUE), AGENCY))
    assert sorted(map(bool, taken)) == [False, True]
    _meet(monkeypatch, reminder_letters, "list_unreported")
    written = _together(lambda: write_reminder_letters(both(OVERDUE)), lambda: write_reminder_letters(both(OVERDUE)))
    assert min(written) == 0 < max(written)


def test_an_older_snapshot_replaces_no_newer_report(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow pass has read the versions; another one accepts a file, aggregates and compiles."""
    run_pass(both(OPENING))
    p = both(COMPILATION)
    _put(p, "a.xlsx", _form(p, **{"xac_nhan/ly_do_nop_muon/gia_tri": "Chờ số liệu của cơ quan thuế đến ngày 11/12"}))
    older = aggregate_returns(p).snapshot
    collect_files(both(COMPILATION))
    validate_agency(both(COMPILATION), AGENCY)
    compile_report(p, aggregate_returns(p).snapshot)
    assert compile_report(p, older) is None
    with p.store.read() as connection:
        assert [one.version for one in list_versions(connection, p.cycle.id)] == [1]


def test_a_version_of_the_report_is_compiled_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    run_pass(both(OPENING))
    snapshot = aggregate_returns(both(COMPILATION)).snapshot
    _meet(monkeypatch, compiling, "list_versions")
    found = _together(
        lambda: compile_report(both(COMPILATION), snapshot), lambda: compile_report(both(COMPILATION), snapshot)
    )
    with both(COMPILATION).store.read() as connection:
        assert [one.version for one in list_versions(connection, both(COMPILATION).cycle.id)] == [1]
    assert found == [1, 1]  # compiled, and not yet sent: both may send it, once


def test_the_same_snapshot_is_saved_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    _meet(monkeypatch, aggregate, "take_snapshot")
    found = _together(lambda: aggregate_returns(both(MIDDAY)), lambda: aggregate_returns(both(MIDDAY)))
    assert len({one.snapshot for one in found}) == 1


def test_a_configuration_comes_into_force_once(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    p = both(OPENING)
    _meet(monkeypatch, configuration, "find_kept")
    _together(lambda: settle_configuration(both(OPENING)), lambda: settle_configuration(both(OPENING)))
    assert _count_actions(p)["configuration-in-force"] == 1 and find_kept(p.home.root, p.plan.folder.name) is not None


def test_an_answer_that_waited_does_not_replace_a_newer_one(both: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder takes answers again: a slow pass has read the old page, another one writes the new page."""
    p = both(OPENING)
    page = p.home.replies(AGENCY, p.cycle.id) / "Tep-kem-theo.html"
    page.mkdir(parents=True)
    put_answer(p, AGENCY, page.name, b"cu")
    page.rmdir()
    new = threading.Thread(target=lambda: put_answer(p, AGENCY, page.name, b"moi"))

    def write_new() -> None:
        new.start()
        new.join(1.0)

    _Stop(monkeypatch, agency_folder, "list_unwritten").while_held(lambda: put_unwritten_answers(p), write_new)
    new.join()
    put_unwritten_answers(p)
    assert page.read_bytes() == b"moi"


def test_two_whole_passes_end_as_one_after_the_other(both: Small) -> None:
    """Every stage, with forms, attachments, steps and a report."""
    run_pass(both(OPENING))
    p = both(COMPILATION)
    _put(p, "a.xlsx", _form(p, **{"xac_nhan/ly_do_nop_muon/gia_tri": "Chờ số liệu của cơ quan thuế đến ngày 11/12"}))
    _put(p, "ban ky.pdf", PDF)
    _together(lambda: run_pass(both(COMPILATION)), lambda: run_pass(both(COMPILATION)))
    with p.store.read() as connection:
        forms = [(one.agency, one.version, one.verdict) for one in list_submissions(connection, p.cycle.id)]
        keys = Counter(queued.message.key for queued in list_messages(connection, p.cycle.id))
    assert (forms, set(keys.values())) == ([(AGENCY, 1, "accepted")], {1})
