"""The leaders' position letter: its figures, once for each of its days, and what it names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import PassError, run_pass
from kybaocao.store.outbox import Message
from kybaocao.workbook import sandbox
from tests.conftest import CYCLE
from tests.mail.conftest import hand_in
from tests.post import Post
from tests.small_plan import write_small_plan

LEADER = "giamdoc.stc@sonla.example.vn"
Begin = Callable[[str], Pass]


@pytest.fixture
def begin(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """A pass of the five-body plan with the position letter."""
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "config", has_position_letter=True)))
    monkeypatch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)

    def _begin(at: str) -> Pass:
        return Pass.begin(CYCLE, dt.datetime.fromisoformat(at + "+07:00"), is_replay=True, home=home)

    return _begin


def positions(post: Post) -> list[Message]:
    return [message for message in post.letters_to(LEADER) if message.kind == "tinh_hinh"]


def test_it_says_who_has_reported_and_what_comes_next(begin: Begin) -> None:
    post = Post()
    p = begin("2026-11-16T08:00")
    run_pass(p, connect=post)
    hand_in(p, "STC", "Bieu-mau_STC.xlsx")
    hand_in(p, "X-04183", "Bieu-mau.xlsx", tu_so_luy_ke=10_000)
    run_pass(begin("2026-12-02T08:00"), connect=post)
    (letter,) = positions(post)
    assert letter.subject == "[MẪU] Tình hình báo cáo năm 2026 đến 02/12/2026: 1/5 cơ quan đã báo cáo"
    assert "Đến 08:00 ngày 02/12/2026, 1/5 cơ quan đã báo cáo (20,00%)." in letter.text
    assert "Bị trả lại, chờ bản sửa (1 cơ quan)" in letter.text
    assert "Nhắc lần 3: thứ Hai 07/12/2026" in letter.text
    assert "Hạn cuối: thứ Tư 09/12/2026" in letter.text


def test_it_waits_for_a_file_that_we_could_not_judge(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for ever: four hours later it says whose file is still being looked at."""
    post = Post()
    _hand_in(begin, post)
    _fail_to_judge(begin("2026-12-02T08:00"), post, monkeypatch)
    assert positions(post) == []
    _fail_to_judge(begin("2026-12-02T12:01"), post, monkeypatch)
    (letter,) = positions(post)
    assert "Đã nhận tệp, đang kiểm tra: Sở Tài chính." in letter.text


def test_once_the_file_is_judged_the_letter_counts_it(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post()
    _hand_in(begin, post)
    _fail_to_judge(begin("2026-12-02T08:00"), post, monkeypatch)
    run_pass(begin("2026-12-02T08:10"), connect=post)
    (letter,) = positions(post)
    assert "1/5 cơ quan đã báo cáo" in letter.subject
    assert "đang kiểm tra" not in letter.text


def _hand_in(begin: Begin, post: Post) -> None:
    p = begin("2026-11-16T08:00")
    run_pass(p, connect=post)
    hand_in(p, "STC", "Bieu-mau_STC.xlsx")


def _fail_to_judge(p: Pass, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass on a machine that is too busy to read a file."""
    with monkeypatch.context() as busy:
        busy.setattr(sandbox, "PATIENCE", 0)
        with pytest.raises(PassError):
            run_pass(p, connect=post)


def test_with_nobody_nobody_is_named(begin: Begin) -> None:
    post = Post()
    run_pass(begin("2026-11-16T08:00"), connect=post)
    run_pass(begin("2026-11-23T08:00"), connect=post)
    (letter,) = positions(post)
    assert "Đến 08:00 ngày 23/11/2026, chưa nhận được báo cáo của cơ quan nào trong 5 cơ quan." in letter.text
    assert "Xếp hạng" not in letter.text
    assert "cảm ơn" not in letter.text


def test_nobody_is_last_of_those_who_made_no_mistake(begin: Begin) -> None:
    """All five on time, all taken at once: the order of two of them means nothing."""
    post = Post()
    p = begin("2026-11-16T08:00")
    run_pass(p, connect=post)
    for agency in p.plan.expected:
        hand_in(p, agency.code, "Bieu-mau.xlsx")
    run_pass(begin("2026-12-02T08:00"), connect=post)
    (letter,) = positions(post)
    assert "5/5 cơ quan đã báo cáo" in letter.text
    assert "Đứng đầu:" in letter.text
    assert "Đứng cuối" not in letter.text


def test_each_day_has_one_and_a_standstill_only_the_latest(begin: Begin) -> None:
    post = Post()
    for at in ("2026-11-16T08:00", "2026-11-23T08:00", "2026-11-23T14:00", "2026-12-08T22:00", "2026-12-09T07:30"):
        run_pass(begin(at), connect=post)
    assert ["23/11/2026" in one.subject for one in positions(post)] == [True, False]
    assert "đến 09/12/2026" in positions(post)[1].subject  # of Monday 07/12, as things stand when it can be written


def test_one_that_the_server_did_not_take_gives_way_to_the_next(begin: Begin) -> None:
    post = Post()
    run_pass(begin("2026-11-16T08:00"), connect=post)
    post.is_down = True
    run_pass(begin("2026-11-23T08:00"), connect=post)
    post.is_down = False
    run_pass(begin("2026-11-25T08:00"), connect=post)
    assert ["đến 25/11/2026" in one.subject for one in positions(post)] == [True]


def test_a_plan_may_leave_it_out(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(tmp_path / "other")))
    post = Post()
    run_pass(begin("2026-11-16T08:00"), connect=post)
    run_pass(begin("2026-12-02T08:00"), connect=post)
    assert positions(post) == []
