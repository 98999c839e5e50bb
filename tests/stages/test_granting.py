"""Decisions about one agency that are given while the system runs: they hold like those of `dieu_chinh.yaml`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from sqlalchemy import select

from kybaocao.documents.report.content import write_content
from kybaocao.figures.aggregation import take_snapshot
from kybaocao.plan.decisions import list_decisions
from kybaocao.plan.load import find_plan
from kybaocao.plan.report_document import Audience
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.granting import DecisionError, grant_decision, list_misfit_warnings, revoke_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.store.submissions import add_submission, list_submissions, record_verdict
from kybaocao.store.tables import audit
from tests.conftest import CYCLE

Begin = Callable[..., Pass]
AGENCY = "X-04183"
BY = {"by": "vanhanh", "reason": "Khắc phục hậu quả mưa lũ"}
SAID = {"nguoi_quyet_dinh": "Giám đốc Sở Tài chính", "van_ban": "1234/STC-THKT", "ngay": "2026-12-07"}
LONGER = SAID | {"truoc_ngay": "2026-12-14"}


def due(p: Pass) -> str:
    return p.plan.due_before(CYCLE, AGENCY, p.local.date()).isoformat()


def accept(p: Pass) -> None:
    kept = {"cycle": CYCLE, "agency": AGENCY, "file_name": "a.xlsx", "sha256": "0" * 64, "size_bytes": 9}
    with p.store.write() as connection:
        add_submission(connection, received_at=p.as_of, **kept)  # type: ignore[arg-type]
        (one,) = list_submissions(connection, CYCLE)
        record_verdict(connection, one.judged(Verdict.ACCEPTED, [], [], p.as_of))


def test_an_extension_holds_in_every_pass_that_begins_later(begin: Begin) -> None:
    grant_decision(begin("2026-12-08T10:00"), "gia_han", AGENCY, LONGER, **BY)
    assert [due(begin(at)) for at in ("2026-12-08T09:59", "2026-12-08T10:00")] == ["2026-12-10", "2026-12-14"]


def test_it_holds_until_it_is_revoked(begin: Begin) -> None:
    granted = grant_decision(begin("2026-12-08T10:00"), "gia_han", AGENCY, LONGER, **BY)
    revoke_decision(begin("2026-12-08T11:00"), granted.id, by="vanhanh", reason="ghi nhầm cơ quan")
    assert [due(begin(at)) for at in ("2026-12-08T10:30", "2026-12-08T11:00")] == ["2026-12-14", "2026-12-10"]


def test_an_exemption_ends_the_duty_to_report(begin: Begin) -> None:
    grant_decision(begin("2026-12-08T10:00"), "mien_nop", AGENCY, SAID, **BY)
    p = begin("2026-12-08T14:00")
    assert not p.plan.owes_return(CYCLE, AGENCY, p.local.date())


def test_a_waiver_holds_until_its_day(begin: Begin) -> None:
    said = SAID | {"quy_tac": "numerator-exceeds-denominator", "den_ngay": "2026-12-09"}
    grant_decision(begin("2026-12-08T10:00"), "mien_quy_tac", AGENCY, said, **BY)
    days = ("2026-12-09T14:00", "2026-12-10T08:00")
    assert [len(p.plan.waived_rules(CYCLE, AGENCY, p.local.date())) for p in map(begin, days)] == [1, 0]


def test_the_report_lists_it_as_it_lists_configured_ones(begin: Begin) -> None:
    grant_decision(begin("2026-12-08T10:00"), "gia_han", AGENCY, LONGER, **BY)
    p = begin("2026-12-14T10:00")
    (decision,) = list_decisions(p.plan, CYCLE, p.local.date())
    snapshot = take_snapshot(p.plan, p.cycle, p.calendar, [], p.as_of)
    assert decision.tell(p.plan) in str(write_content(p.plan, p.cycle, snapshot, audience=Audience.PROVINCE))


def test_who_entered_it_and_why_stands_in_the_audit(begin: Begin) -> None:
    p = begin("2026-12-08T10:00")
    grant_decision(p, "gia_han", AGENCY, LONGER, **BY)
    with p.store.read() as connection:
        row = connection.execute(select(audit).where(audit.c.action == "decision-granted")).one()
    assert (row.actor, row.agency, BY["reason"] in row.detail) == ("vanhanh", AGENCY, True)


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("gia_han", SAID | {"truoc_ngay": "2026-12-10"}, "không muộn hơn hạn chung"),
        ("gia_han", SAID | {"truoc_ngay": "2027-12-10"}, "sau ngày đóng kỳ"),
        ("gia_han", SAID | {"truoc_ngay": "mai"}, "Hạn mới"),
        ("gia_han", LONGER | {"van_ban": " "}, "Số, ký hiệu văn bản"),
        ("gia_han", LONGER | {"ngay": "2026-12-09"}, "ở sau hôm nay"),
        ("mien_quy_tac", SAID | {"quy_tac": "khong-co", "den_ngay": "2026-12-09"}, "không có quy tắc"),
        ("doi_han", LONGER, "loại quyết định"),
    ],
)
def test_what_the_plan_cannot_carry_out_is_refused(begin: Begin, kind: str, said: dict[str, str], why: str) -> None:
    p = begin("2026-12-08T10:00")
    with pytest.raises(DecisionError, match=why):
        grant_decision(p, kind, AGENCY, said, **BY)
    assert due(begin("2026-12-08T11:00")) == "2026-12-10"


def test_the_same_decision_twice_is_refused(begin: Begin) -> None:
    grant_decision(begin("2026-12-08T10:00"), "gia_han", AGENCY, LONGER, **BY)
    with pytest.raises(DecisionError, match="đã có quyết định này"):
        grant_decision(begin("2026-12-08T11:00"), "gia_han", AGENCY, LONGER, **BY)


def test_an_agency_that_was_accepted_needs_none(begin: Begin) -> None:
    p = begin("2026-12-08T10:00")
    accept(p)
    with pytest.raises(DecisionError, match="đã được tiếp nhận"):
        grant_decision(p, "gia_han", AGENCY, LONGER, **BY)


def test_a_closed_cycle_takes_none(begin: Begin) -> None:
    with pytest.raises(DecisionError, match="kỳ báo cáo đã đóng"):
        grant_decision(begin("2027-06-01T10:00"), "mien_nop", AGENCY, SAID, **BY)


def test_a_decision_is_revoked_once(begin: Begin) -> None:
    granted = grant_decision(begin("2026-12-08T10:00"), "gia_han", AGENCY, LONGER, **BY)
    revoke_decision(begin("2026-12-08T11:00"), granted.id, by="vanhanh", reason="nhầm")
    with pytest.raises(DecisionError, match="đã được vanhanh thu hồi"):
        revoke_decision(begin("2026-12-08T12:00"), granted.id, by="vanhanh", reason="nhầm")


def test_one_that_no_longer_fits_the_files_is_left_out_and_reported(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = grant_decision(begin("2026-12-08T10:00"), "mien_nop", AGENCY, SAID, **BY)
    p = begin("2026-12-08T11:00")
    gone = {code: one for code, one in p.plan.agencies.items() if code != AGENCY}
    smaller = dataclasses.replace(find_plan(CYCLE), agencies=gone)
    for module in ("passes", "granting"):
        monkeypatch.setattr(f"kybaocao.stages.support.{module}.find_plan", lambda *_: smaller)
    (warning,) = list_misfit_warnings(begin("2026-12-08T12:00"))
    assert f"số {granted.id}" in warning and begin("2026-12-08T12:00").plan.adjustments.entries == ()
