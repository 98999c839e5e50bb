"""The step between: Sở Tài chính's report goes to UBND tỉnh, which signs its own or sends both back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from docx import Document

from kybaocao.cli.status_words import describe_status
from kybaocao.proof.manifest import read_manifest
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.sign import describe_for_signature
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decision_steps import Step
from kybaocao.stages.support.decisions import (
    Decision,
    DecisionError,
    describe_outcome,
    read_decision,
    record_decision,
)
from kybaocao.stages.support.operator_warnings import list_late_publications, list_stranded_versions
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import find_problem, is_closed, refuse_answer, take_question
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import Message, list_messages
from kybaocao.store.reports import ReportVersion, find_version, list_publications, list_versions
from tests.decisions import APPROVED, SIGNATURE, SIGNED, publish, submit
from tests.post import Post
from tests.stages.conftest import EXPLAINED, drop

Small = Callable[[str], Pass]
DEAD, LIVE = (lambda run: False), (lambda run: True)
SENT_BACK = Decision(False, "ubndtinh", "Bổ sung phương hướng năm 2027")
FIELDS = {
    "is_approved": True,
    "decided_by": "ubndtinh",
    "number": "215/BC-UBND",
    "dated": "16/12/2026",
    "signer": "Nguyễn Văn Mẫu",
    "position": "",
    "reason": "",
    "lift_reason": "Số liệu mẫu để diễn tập",
}


def find(p: Pass, version: int = 1) -> ReportVersion:
    with p.store.read() as connection:
        return find_version(connection, p.cycle.id, version)


def list_states(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return [one.state.value for one in list_versions(connection, p.cycle.id)]


def find_letter(p: Pass, kind: str) -> Message:
    with p.store.read() as connection:
        (letter,) = [q.message for q in list_messages(connection, p.cycle.id) if q.message.kind == kind]
    return letter


def list_releases(p: Pass) -> list[tuple[int, str]]:
    with p.store.read() as connection:
        return sorted((one.version, one.release) for one in list_publications(connection, p.cycle.id))


def read_text(p: Pass, name: str) -> str:
    (path,) = p.home.report_folder(p.cycle.id, 1).rglob(name)
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


# --- the submission ------------------------------------------------------------------------------------------------


def test_what_is_approved_goes_to_ubnd_tinh_with_the_draft_it_is_to_sign(waiting: Pass) -> None:
    """The numbered report with its annexes, and UBND tỉnh's own as a draft; nothing to the ministry."""
    assert submit(waiting)
    letter = find_letter(waiting, "phat_hanh_ubnd_tinh")
    names = sorted(one.name for one in letter.attachments if one.name.endswith(".docx"))
    assert letter.recipients == ("chutich.ubnd@sonla.example.vn", "vanthu.vpub@sonla.example.vn")
    assert names == ["87-BC-STC_Son-La_NQ02_2026.docx", "Du-thao_BC-UBND_Son-La_NQ02_2026.docx"]
    assert len([one for one in letter.attachments if one.name.endswith(".xlsx")]) >= 2
    assert "Báo cáo số 87/BC-STC ngày 14/12/2026" in letter.text and "Đặng Trọng Lâm" in letter.text
    assert list_states(waiting) == ["submitted"]
    assert list_releases(waiting) == [(1, "so_tai_chinh"), (1, "ubnd_tinh")]
    assert not submit_to_ubnd_tinh(waiting, 1), "a second call submits nothing"


def test_the_submitted_report_has_number_day_and_signer(waiting: Pass) -> None:
    submit(waiting)
    text = read_text(waiting, "87-BC-STC_Son-La_NQ02_2026.docx")
    assert "Số: 87/BC-STC" in text and "ngày 14 tháng 12 năm 2026" in text and "Đặng Trọng Lâm" in text


def test_the_submission_is_proved_and_its_manifest_lists_what_was_sent(waiting: Pass) -> None:
    submit(waiting)
    manifest = read_manifest(waiting.home.report_folder(waiting.cycle.id, 1) / "trinh-ubnd-tinh")
    letter = find_letter(waiting, "phat_hanh_ubnd_tinh")
    assert manifest is not None and manifest.release == "ubnd_tinh" and manifest.proof.is_equal
    assert {name for name, _ in manifest.files} == {one.name for one in letter.attachments}


def test_ubnd_tinh_reads_what_was_submitted_and_when(waiting: Pass) -> None:
    submit(waiting)
    asked = describe_for_signature(waiting, 1, "http://x")
    assert "Đã trình UBND tỉnh Báo cáo số 87/BC-STC ngày 14/12/2026 (gửi lúc 09:00 ngày 16/12/2026)" in asked, asked
    assert "Đã trình UBND tỉnh Báo cáo số 87/BC-STC" in describe_status(gather_status(waiting))
    assert "Du-thao_BC-UBND_Son-La_NQ02_2026.docx" in asked and "điền số (/BC-UBND)" in asked


# --- a plan that loses the step ---------------------------------------------------------------------------------------


def drop_the_step(p: Pass) -> None:
    """`trinh_ubnd_tinh` and what belongs to it leave the configuration."""
    path = p.plan.folder / "bao_cao.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^trinh_ubnd_tinh:\n(?:[ #].*\n)+", "", text), encoding="utf-8")


@pytest.mark.parametrize(
    ("is_submitted", "said"), [(False, "đã được phê duyệt để trình UBND tỉnh"), (True, "đã trình, chờ UBND tỉnh ký")]
)
def test_a_decided_version_that_nothing_sends_on_is_warned_of(
    waiting: Pass, small: Small, is_submitted: bool, said: str
) -> None:
    """In the operators' mail and in `status`, with both ways out."""
    if is_submitted:
        submit(waiting)
    else:
        record_decision(waiting, 1, APPROVED)
    assert not list_stranded_versions(waiting)
    drop_the_step(waiting)
    p = small("2026-12-16T10:00")
    (warning,) = [one for one in gather_status(p)["warnings"] if "trinh_ubnd_tinh" in one]
    assert f"phiên bản 1 {said}" in warning and "Lập báo cáo ngay dù chưa đến hạn" in warning


def test_a_draft_is_compiled_anew_without_the_step(waiting: Pass, small: Small) -> None:
    """Nobody has decided about it, so nothing is stranded."""
    drop_the_step(waiting)
    assert list_stranded_versions(small("2026-12-16T10:00")) == []


# --- the second decision -------------------------------------------------------------------------------------------


def test_only_what_ubnd_tinh_has_signed_is_published(waiting: Pass) -> None:
    """With its number, day and signer; what was submitted stays recorded beside it."""
    submit(waiting)
    before = publish_to_bo_tai_chinh(waiting, 1)
    assert record_decision(waiting, 1, SIGNED, Step.SIGNATURE).is_approved
    assert (before, list_states(waiting)) == (False, ["signed"])
    assert publish_to_bo_tai_chinh(waiting, 1)
    letter = find_letter(waiting, "phat_hanh_bo_tai_chinh")
    assert [one.name for one in letter.attachments if one.name.endswith(".docx")] == [
        "215-BC-UBND_Son-La_NQ02_2026.docx"
    ]
    report = find(waiting)
    assert (report.sign_off["number"], report.signature["number"]) == ("87/BC-STC", "215/BC-UBND")
    assert (report.decided_by, report.signed_by, list_states(waiting)) == ("lanhdao", "ubndtinh", ["releasing"])


def test_nobody_publishes_past_ubnd_tinh(waiting: Pass) -> None:
    """Approved by Sở Tài chính alone."""
    record_decision(waiting, 1, APPROVED)
    assert not publish_to_bo_tai_chinh(waiting, 1)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"number": "88/BC-STC"}, "không mang ký hiệu của văn bản này; viết dạng 215/BC-UBND"),
        ({"decided_by": "lanhdao"}, r"danh sách người phê duyệt \(nguoi_tra_loi_ubnd_tinh\)"),
        ({"dated": "13/12/2026"}, "không thể trước ngày của Báo cáo số 87/BC-STC"),
        ({"signer": "Đặng Trọng Lâm"}, "đã ký báo cáo trình UBND tỉnh; báo cáo này phải do người khác ký"),
        ({"is_approved": False}, "lý do"),
    ],
)
def test_an_answer_of_ubnd_tinh_that_cannot_be_used(waiting: Pass, fields: dict[str, Any], asked: str) -> None:
    submit(waiting)
    with pytest.raises(DecisionError, match=asked):
        read_decision(waiting, 1, Step.SIGNATURE, **(FIELDS | fields))


def test_where_the_plan_wants_two_people_one_does_not_decide_twice(waiting: Pass) -> None:
    """Whoever approved is named for both steps; without the rule of two people that will do."""
    submit(waiting)
    people = waiting.plan.require_recipients()
    shared = people.model_copy(update={"province_approvers": ()})
    alone = shared.model_copy(update={"is_two_people": False})
    answers = []
    for recipients in (shared, alone):
        p = replace(waiting, plan=replace(waiting.plan, recipients=recipients))
        try:
            answers.append(read_decision(p, 1, Step.SIGNATURE, **(FIELDS | {"decided_by": "lanhdao"})).sign_off)
        except DecisionError as error:
            answers.append(str(error))  # type: ignore[arg-type]
    assert answers == [
        "Tài khoản “lanhdao” đã phê duyệt ở bước trước; bước này phải do người khác trả lời.",
        SIGNATURE,
    ]


def test_a_signature_is_given_once(waiting: Pass) -> None:
    """A second answer changes nothing and says so, to whoever gave it."""
    submit(waiting)
    first = record_decision(waiting, 1, SIGNED, Step.SIGNATURE)
    again = record_decision(waiting, 1, SIGNED, Step.SIGNATURE)
    other = record_decision(waiting, 1, SENT_BACK, Step.SIGNATURE)
    letter = find_letter(waiting, "tra_loi_chua_dung_duoc")
    assert (first.is_ours, again.is_ours, other.is_ours, list_states(waiting)) == (True, True, False, ["signed"])
    assert "đã được UBND tỉnh ký (ubndtinh" in other.text and other.text in letter.text
    assert letter.recipients == ("vanthu.vpub@sonla.example.vn",)


def test_a_version_cannot_be_signed_before_it_was_submitted(waiting: Pass) -> None:
    assert not record_decision(waiting, 1, SIGNED, Step.SIGNATURE).is_ours
    assert list_states(waiting) == ["waiting"]


# --- sent back, and overtaken ----------------------------------------------------------------------------------------


def test_what_ubnd_tinh_sends_back_has_a_new_version_of_both_documents(waiting: Pass, small: Small) -> None:
    """The leaders read why, approve anew, and UBND tỉnh reads which report the new one replaces."""
    submit(waiting)
    outcome = record_decision(waiting, 1, SENT_BACK, Step.SIGNATURE)
    assert "đã được UBND tỉnh trả lại (ubndtinh" in outcome.text and not outcome.is_approved
    assert not publish_to_bo_tai_chinh(waiting, 1)
    p = small("2026-12-16T14:00")
    assert run_pass(p)["report_version"] == 2
    folder = p.home.report_folder(p.cycle.id, 2)
    assert {path.name.split("_")[1] for path in folder.glob("Du-thao_*.docx")} == {"BC-STC", "BC-UBND"}
    with p.store.read() as connection:
        draft = [q.message.text for q in list_messages(connection, p.cycle.id) if "so_tai_chinh" in q.message.kind]
    assert SENT_BACK.reason in draft[-1]
    record_decision(p, 2, replace(APPROVED, sign_off=replace(APPROVED.sign_off, number="90/BC-STC")))  # type: ignore[type-var]
    assert submit_to_ubnd_tinh(p, 2)
    with p.store.read() as connection:
        letters = [q.message.text for q in list_messages(connection, p.cycle.id) if "ubnd_tinh" in q.message.kind]
    assert "thay Báo cáo số 87/BC-STC" in letters[-1]


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_version_asked_for_closes_the_question_of_ubnd_tinh(waiting: Pass, small: Small, is_signed: bool) -> None:
    """Signed or not, the older version goes to nobody any more: two versions never both leave."""
    take_question(waiting, 1, "a", LIVE)
    submit(waiting)
    if is_signed:
        record_decision(waiting, 1, SIGNED, Step.SIGNATURE)
    p = small("2026-12-16T14:00")
    drop(p, "X-03664", **EXPLAINED)
    assert run_pass(p, is_asked=True)["report_version"] == 2
    outcome = record_decision(p, 1, SIGNED, Step.SIGNATURE)
    assert is_closed(find(p), "a", Step.SIGNATURE) and list_states(p) == ["superseded", "waiting"]
    assert (outcome.is_superseded, publish_to_bo_tai_chinh(p, 1)) == (True, False)
    assert publish(p, 2)
    assert [version for version, release in list_releases(p) if release == "bo_tai_chinh"] == [2]


def test_a_file_that_comes_while_ubnd_tinh_decides_makes_no_version_by_itself(waiting: Pass, small: Small) -> None:
    """Its receipt says so, and the operators hear of it."""
    submit(waiting)
    p = small("2026-12-17T09:00")
    drop(p, "X-03664", **EXPLAINED)
    assert run_pass(p)["report_version"] is None
    page = (p.home.replies("X-03664", p.cycle.id) / "Phieu-tiep-nhan_01.html").read_text(encoding="utf-8")
    warned = [line for line in run_pass(small("2026-12-17T12:00"))["warnings"] if "X-03664" in line]
    assert "đã được trình UBND tỉnh Sơn La trước khi nhận tệp này" in page
    assert any("chưa được đưa vào" in line for line in warned)


# --- one question at a time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_lost_question_of_ubnd_tinh_is_asked_again(waiting: Pass, small: Small, is_signed: bool) -> None:
    """Or what it signed is carried out, when the run is gone before the release was queued."""
    take_question(waiting, 1, "a", LIVE)
    submit(waiting)
    if is_signed:
        record_decision(waiting, 1, SIGNED, Step.SIGNATURE)
    p = small("2026-12-17T09:00")
    with p.store.read() as connection:
        snapshot = list_versions(connection, p.cycle.id)[-1].snapshot
    found = [compile_report(p, snapshot, is_question_live=is_live) for is_live in (LIVE, DEAD)]
    taken = [take_question(p, 1, "b", is_live) for is_live in (LIVE, DEAD)]
    closed = [is_closed(find(p), "b", step) for step in Step]
    assert (found, taken, closed) == ([None, 1], [False, True], [True, is_signed])
    assert describe_outcome(p, find(p)).is_approved, "what Sở Tài chính approved is not asked again"


def test_each_question_has_its_own_problem(waiting: Pass) -> None:
    """What was wrong with an answer stands on top of the form that it was given to."""
    refuse_answer(waiting, 1, "lanhdao", "Số “x” chưa đúng.")
    submit(waiting)
    refuse_answer(waiting, 1, "ubndtinh", "Ngày ký “y” chưa đúng.", Step.SIGNATURE)
    with waiting.store.read() as connection:
        found = [find_problem(connection, waiting.cycle.id, 1, step) for step in Step]
    assert found == ["Số “x” chưa đúng.", "Ngày ký “y” chưa đúng."]
    assert "Ngày ký “y” chưa đúng." in describe_for_signature(waiting, 1).splitlines()[0]


# --- in time, and before there were two decisions ----------------------------------------------------------------------


def test_the_fifteenth_is_the_day_of_the_submission_and_the_ministry_s_that_of_the_publication(
    waiting: Pass, small: Small
) -> None:
    """Approved and not submitted is late; submitted it is not, until the ministry's day."""
    late = small("2026-12-16T10:00")
    said = [list_late_publications(late)]
    record_decision(waiting, 1, APPROVED)
    run_pass(late, connect=Post())
    said.append(list_late_publications(late))
    submit_to_ubnd_tinh(waiting, 1)
    run_pass(late, connect=Post())
    said += [list_late_publications(late), list_late_publications(small("2026-12-26T08:00"))]
    assert ["chưa được phê duyệt để trình UBND tỉnh" in said[0][0] or "chưa gửi được" in said[0][0]] == [True]
    assert ["chưa trình được UBND tỉnh" in line for line in said[1]] == [True]
    assert (said[2], ["mà chưa được gửi" in line for line in said[3]]) == ([], [True])


def test_what_was_approved_before_there_were_two_decisions_goes_to_the_ministry(waiting: Pass) -> None:
    """Its approval bears the number of UBND tỉnh's report: that was the signature."""
    record_decision(waiting, 1, replace(APPROVED, sign_off=SIGNATURE))
    assert not submit_to_ubnd_tinh(waiting, 1)
    assert describe_outcome(waiting, find(waiting), step=Step.SIGNATURE).is_approved
    assert publish_to_bo_tai_chinh(waiting, 1)


def test_the_trail_names_both_documents(waiting: Pass) -> None:
    """Who decided what, and which number left when."""
    publish(waiting)
    with waiting.store.read() as connection:
        rows = connection.exec_driver_sql("select action, actor, detail from audit order by id").all()
    decided = [(row.action, row.actor) for row in rows if row.action in ("report-approved", "report-signed")]
    sent = [json.loads(row.detail) for row in rows if row.action == "report-released"]
    assert decided == [("report-approved", "lanhdao"), ("report-signed", "ubndtinh")]
    assert [(one["release"], one.get("number")) for one in sent] == [
        ("so_tai_chinh", None),
        ("ubnd_tinh", "87/BC-STC"),
        ("bo_tai_chinh", "215/BC-UBND"),
    ]
