"""Log lines of the stages say which cycle, agency and version they are about, as fields and not only in words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.contextvars import get_contextvars

from kybaocao.adapters import tasks
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.stages import validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import judge_agency
from kybaocao.stages.whole_pass import run_pass
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
AGENCY = "X-04183"
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}


class Lines(logging.Handler):
    """Every line with the fields that Airflow's log gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[str, dict[str, Any]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append((record.getMessage(), get_contextvars()))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    found, logger = Lines(), logging.getLogger("kybaocao")
    monkeypatch.setattr(logger, "level", logging.INFO)
    logger.addHandler(found)
    yield found
    logger.removeHandler(found)


def test_every_line_about_a_file_names_its_version(small: Small, lines: Lines) -> None:
    """Two versions of one form, judged in one pass: each line has the number of its own."""
    p = small(OPENING)
    run_pass(p)
    drop(p, AGENCY, **FAULTY)
    collect_files(p)
    drop(p, AGENCY)
    collect_files(p)
    lines.kept.clear()
    judge_agency(p, AGENCY)
    assert {about["version"] for _, about in lines.kept} == {1, 2}
    assert {(about["cycle"], about["agency"], about["component"]) for _, about in lines.kept} == {(CYCLE, AGENCY, FORM)}
    assert get_contextvars().keys().isdisjoint({"cycle", "agency", "version"})


def test_what_is_logged_while_a_version_is_judged_is_about_it(
    small: Small, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by rooms that know no version."""
    p = small(OPENING)
    run_pass(p)
    drop(p, AGENCY)
    collect_files(p)
    judge = validate.judge_return

    def _warn(*given: Any, **named: Any) -> Any:
        logging.getLogger("kybaocao.workbook").warning("cách ly một phần")
        return judge(*given, **named)

    monkeypatch.setattr(validate, "judge_return", _warn)
    judge_agency(p, AGENCY)
    assert ("cách ly một phần", {"cycle": CYCLE, "agency": AGENCY, "version": 1}) in lines.kept


def test_a_file_that_cannot_be_taken_names_its_agency(
    small: Small, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task of the collection is about all agencies; this line is about one."""
    run_pass(small(OPENING))
    drop(small(MIDDAY), AGENCY)

    def _refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kybaocao.stages.collect.keep_file", _refuse)
    tasks.collect(opened={"cycle": CYCLE, "as_of": f"{MIDDAY}:00+07:00", "is_replay": True})
    about = next(about for text, about in lines.kept if text.startswith(f"not taken: {AGENCY}/"))
    assert about == {"cycle": CYCLE, "agency": AGENCY}


def test_a_release_names_the_version_of_the_report(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a decision as of an argument."""

    def _log(*_: object) -> Any:
        logging.getLogger("kybaocao.stages").info("gửi")
        raise LookupError

    monkeypatch.setattr(tasks, "_begin", _log)
    monkeypatch.setattr(tasks, "_resume", _log)
    opened = {"cycle": CYCLE, "as_of": f"{MIDDAY}:00+07:00", "is_replay": True}
    decision = {"is_approved": True, "decided_at": opened["as_of"], "version": 3}
    for call in (
        lambda: tasks.publish_to_so_tai_chinh(opened=opened, version=3),
        lambda: tasks.submit_to_ubnd_tinh(opened=opened, decision=decision),
    ):
        with pytest.raises(LookupError):
            call()
    assert [about for _, about in lines.kept] == [{"cycle": CYCLE, "version": 3}] * 2
