"""The moment a pass works at, and who may give it."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.home import Home
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import WrongInputError, choose_moment
from kybaocao.store.database import open_store
from kybaocao.store.passes import record_pass
from kybaocao.store.tables import audit, passes

NOW = dt.datetime(2026, 12, 1, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KYBAOCAO_REPLAY", raising=False)


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYBAOCAO_REPLAY", "1")


@pytest.mark.parametrize("asked", [{}, {"report": True}])
@pytest.mark.usefixtures("live")
def test_a_live_pass_works_at_the_clock_s_moment(plan: Plan, asked: dict[str, object]) -> None:
    """Whatever else it is asked for."""
    assert choose_moment(asked, plan, NOW) == (NOW, False)


@pytest.mark.parametrize(
    ("asked", "problem", "advice"),
    [
        ({"as_of": "2026-12-20T08:00"}, "không nhận thời điểm (as_of) từ bên ngoài", "bỏ as_of"),
        ({"as_of": ""}, "không nhận thời điểm", "không cần Clear"),
        ({"as_of": None, "report": True}, "không nhận thời điểm", "chạy tay một lượt mới"),
        ({"reprot": True}, "không dùng được: reprot", "chỉ dùng các ô có trên màn hình"),
        ({"is_replay": True}, "không dùng được: is_replay", "không cần Clear"),
    ],
)
@pytest.mark.usefixtures("live")
def test_a_live_pass_refuses_what_it_does_not_know(
    plan: Plan, asked: dict[str, object], problem: str, advice: str
) -> None:
    """A moment from outside would write untrue letters to eighty agencies; the advice says what to do instead."""
    with pytest.raises(WrongInputError) as refused:
        choose_moment(asked, plan, NOW)
    assert (problem in str(refused.value), advice in refused.value.advice) == (True, True)


@pytest.mark.usefixtures("replay")
def test_a_replay_works_at_the_moment_it_is_given(plan: Plan) -> None:
    """In the plan's time zone."""
    moment, is_replay = choose_moment({"as_of": "2026-12-09T08:00", "report": False}, plan, NOW)
    assert (moment.isoformat(), is_replay) == ("2026-12-09T08:00:00+07:00", True)
    assert choose_moment({"as_of": None}, plan, NOW) == (NOW, False)


@pytest.mark.parametrize("text", ["hôm qua", "2026-13-40T08:00", "8 giờ"])
@pytest.mark.usefixtures("replay")
def test_a_moment_that_is_none_is_refused_with_its_spelling(plan: Plan, text: str) -> None:
    """How to write one stands in the message."""
    with pytest.raises(WrongInputError, match=f"“{text}” không phải thời điểm hợp lệ; viết dạng 2026-12-09T08:00"):
        choose_moment({"as_of": text}, plan, NOW)


def test_who_asked_for_a_pass_stands_in_the_audit(home: Home) -> None:
    """User, kind of run and the real time, beside the moment the pass works at."""
    store = open_store(home)
    with store.write() as connection:
        facts = {"run": "thu-1", "kind": "manual", "actor": "lanhdao", "as_of": NOW}
        record_pass(connection, "ky", begun_at=NOW + dt.timedelta(days=9), **facts)  # type: ignore[arg-type]
    with store.read() as connection:
        (row,) = connection.execute(passes.select()).all()
        (line,) = connection.execute(audit.select().where(audit.c.action == "pass-begun")).all()
    assert (row.run, row.kind, row.actor, row.as_of, row.begun_at.day) == ("thu-1", "manual", "lanhdao", NOW, 10)
    assert (line.actor, line.at.day, "2026-12-01T03:00:00" in line.detail) == ("lanhdao", 10, True)
