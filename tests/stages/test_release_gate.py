"""What blocks or weakens a release: named with a code, and accepted only with a name and a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update

from kybaocao.cli import main
from kybaocao.figures.broken_promise import BrokenPromise
from kybaocao.figures.snapshot import Discrepancy
from kybaocao.inbox.archive import archive_path
from kybaocao.plan.plan import Plan
from kybaocao.proof.manifest import read_manifest
from kybaocao.stages.approve import describe_for_approval
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support import release_gate
from kybaocao.stages.support.decision_steps import Step
from kybaocao.stages.support.decisions import DecisionError, read_decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import ProofFailedError
from kybaocao.stages.support.release_gate import (
    LiftError,
    Obstacle,
    Role,
    lift_obstacle,
    list_obstacles,
    load_words,
)
from kybaocao.stages.support.report_files import load_contents, store_contents
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.reports import ReportState, find_version
from kybaocao.store.submissions import latest_accepted
from kybaocao.store.tables import arrivals
from tests.conftest import CYCLE
from tests.decisions import APPROVED, SIGNED
from tests.stages.conftest import COMPILATION, MIDDAY
from tests.stages.test_approve import FIELDS
from tests.stages.test_proof_before_release import filled, flip_byte, standing

__all__ = ["filled"]
Small = Callable[[str], Pass]
WHY = "Số Kế hoạch được cấp sau khi ban hành"
# In the sample season of five bodies, three of which have reported.
OPEN = ["plan-number-blank", "sample-data", "open-places", "low-target-coverage"]


def find(obstacles: list[Obstacle], code: str) -> Obstacle:
    return next(one for one in obstacles if one.code == code)


def change_plan(p: Pass, **header: object) -> Pass:
    plan: Plan = replace(p.plan, header=p.plan.header.model_copy(update=header))
    return replace(p, plan=plan)


def test_figures_that_should_be_equal_and_are_not_are_named(waiting: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """T08 is a share of all enterprises, whose number is T02. It weakens a release and does not block it."""
    differing = Discrepancy("T08", "mau_so", Decimal(4331), "T02", "tu_so", Decimal(4410))
    stored = release_gate.load_snapshot
    monkeypatch.setattr(
        release_gate, "load_snapshot", lambda *where: replace(stored(*where), discrepancies=(differing,))
    )
    found = find(list_obstacles(waiting, 1), "figures-differ")
    assert "mẫu số của T08 là 4.331, khác T02 là 4.410" in found.text and not found.blocks


def test_a_task_done_with_its_target_missed_is_named(waiting: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "Tăng 15-20%" cannot be done while the growth is 14,78%. A warning: the agency may be asked, nothing is blocked."""
    stored, broken = release_gate.load_snapshot, BrokenPromise("III.2.1.a", "T07", ("STC",))
    monkeypatch.setattr(
        release_gate, "load_snapshot", lambda *where: replace(stored(*where), broken_promises=(broken,))
    )
    found = find(list_obstacles(waiting, 1), "task-against-target")
    assert found.text.endswith("chỉ tiêu của nhiệm vụ chưa đạt: III.2.1.a (T07; Sở Tài chính)") and not found.blocks


def test_everything_that_stands_in_the_way_is_one_list(waiting: Pass) -> None:
    """What blocks comes first; each says what to do."""
    found = list_obstacles(waiting, 1)
    assert [one.code for one in found] == [*OPEN, "task-against-target", "low-coverage"]
    assert [one.is_open for one in found] == [True] * 4 + [False] * 2
    assert all(one.remedy and one.is_liftable for one in found)


def test_every_code_has_words_and_says_who_may_accept_it() -> None:
    assert {code for code, words in load_words().items() if words.role is Role.NOBODY} == {
        "sample-text",
        "signing-day-in-future",
    }
    assert {code for code, words in load_words().items() if not words.blocks} == {
        "low-coverage",
        "before-deadline",
        "figures-differ",
        "task-against-target",
        "unanswered-warnings",
    }


def test_a_target_may_have_a_minimum_of_its_own(waiting: Pass) -> None:
    """Named with how many have answered; the plan's share is that of all others."""
    universal = next(one for one in waiting.plan.indicators if one.id == "T15")
    strict = universal.model_copy(update={"min_coverage_percent": 80})
    others = tuple(strict if one.id == "T15" else one for one in waiting.plan.indicators)
    p = change_plan(replace(waiting, plan=replace(waiting.plan, indicators=others)), min_coverage_percent=0)
    obstacle = find(list_obstacles(p, 1), "low-target-coverage")
    assert obstacle.subject == "T15" and "tối thiểu 80%" in obstacle.text


def test_sample_words_in_a_real_report_can_be_accepted_by_nobody(waiting: Pass) -> None:
    """In a report that is marked as sample as a whole they belong to the sample."""
    folder = waiting.home.report_folder(CYCLE, 1)
    real = {
        audience: replace(content, sample_mark="", subject=f"{content.subject} (nội dung mẫu)")
        for audience, content in load_contents(folder).items()
    }
    store_contents(folder, real)
    found = list_obstacles(waiting, 1)
    assert "sample-data" not in [one.code for one in found]
    assert not find(found, "sample-text").is_liftable and "ở 2 chỗ" in find(found, "sample-text").text
    with pytest.raises(DecisionError, match=r"Còn chữ “\(nội dung mẫu\)”"):
        read_decision(waiting, 1, **FIELDS)
    with pytest.raises(LiftError, match="không ai được bỏ qua"):
        lift_obstacle(waiting, 1, "sample-text", by="lanhdao", reason=WHY)


def test_warnings_that_nobody_has_explained_are_counted(waiting: Pass) -> None:
    """Of accepted files; they hold nothing up."""
    finding = {"code": "unlikely", "severity": "warning", "sends_back": "yes"}
    with waiting.store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER arrivals_no_update")
        stp = (arrivals.c.agency == "STP", arrivals.c.cycle == CYCLE)
        connection.execute(update(arrivals).where(*stp).values(findings=json.dumps([finding, finding])))
    obstacle = find(list_obstacles(waiting, 1), "unanswered-warnings")
    assert obstacle.text.startswith("2 cảnh báo về số liệu của 1 cơ quan") and not obstacle.blocks


# --- accepted with the approval ------------------------------------------------------------------------------------


def test_the_reason_given_with_the_approval_stands_in_the_manifest(waiting: Pass) -> None:
    """With name and moment, for each obstacle, in every release that follows; and UBND tỉnh need not give it again."""
    record_decision(waiting, 1, read_decision(waiting, 1, **(FIELDS | {"lift_reason": WHY})))
    submit_to_ubnd_tinh(waiting, 1)
    assert [one.code for one in list_obstacles(waiting, 1) if one.is_open] == []
    record_decision(waiting, 1, SIGNED, Step.SIGNATURE)
    publish_to_bo_tai_chinh(waiting, 1)
    for folder in ("trinh-ubnd-tinh", "phat-hanh"):
        manifest = read_manifest(waiting.home.report_folder(CYCLE, 1) / folder)
        assert manifest is not None
        assert {(one.code, one.by, one.reason) for one in manifest.lifted} == {(code, "lanhdao", WHY) for code in OPEN}


def test_the_form_lists_the_gate_and_who_has_accepted(waiting: Pass) -> None:
    before = [line for line in describe_for_approval(waiting, 1).splitlines() if line.startswith("- ⛔")]
    lift_obstacle(waiting, 1, "plan-number-blank", by="Giám đốc Sở Tài chính", reason=WHY)
    after = describe_for_approval(waiting, 1)
    assert len(before) == len(OPEN) and "hoặc ghi lý do vẫn phát hành" in before[0]
    assert f"Đã được chấp nhận: Giám đốc Sở Tài chính, 09:00 ngày 16/12/2026, lý do: {WHY}" in after


def test_a_version_without_obstacles_needs_no_reason(waiting: Pass) -> None:
    for code in OPEN:
        lift_obstacle(waiting, 1, code, by="lanhdao", reason=WHY)
    decision = read_decision(waiting, 1, **(FIELDS | {"lift_reason": ""}))
    assert (decision.is_approved, decision.lifted) == (True, ())


# --- accepted by command ---------------------------------------------------------------------------------------------


def test_only_who_decides_accepts(waiting: Pass) -> None:
    with pytest.raises(LiftError, match="“Lò Thị Hương” không có quyền bỏ qua; người được quyết định là: Giám đốc"):
        lift_obstacle(waiting, 1, "plan-number-blank", by="Lò Thị Hương", reason=WHY)
    with pytest.raises(LiftError, match="không còn điều chặn nào mang mã “proof-failed”"):
        lift_obstacle(waiting, 1, "proof-failed", by="lanhdao", reason=WHY)


def test_the_command_lists_and_accepts(
    waiting: Pass, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a code it only lists; without a reason nothing is accepted."""
    monkeypatch.setenv("KYBAOCAO_HOME", str(waiting.home.root))
    lift = ["lift", "--cycle", CYCLE]
    assert main(lift) == 0
    listed = capsys.readouterr().out
    assert "chặn  plan-number-blank: Căn cứ của báo cáo còn để trống số hoặc ngày của Kế hoạch" in listed
    assert main([*lift, "plan-number-blank", "--by", "lanhdao"]) == 2
    assert main([*lift, "plan-number-blank", "--by", "lanhdao", "--reason", WHY, "--json"]) == 0
    shown = {one["code"]: one["lift"] for one in json.loads(capsys.readouterr().out)}
    assert shown["plan-number-blank"]["reason"] == WHY and shown["open-places"] is None


# --- the proof ---------------------------------------------------------------------------------------------------------


def test_a_failed_proof_blocks_until_somebody_accepts_just_these_differences(filled: Small) -> None:
    """The draft leaves with the next pass, and its manifest says who accepted what; another difference blocks again."""
    flip_byte(filled(MIDDAY))
    p = filled(COMPILATION)
    run_pass(p)
    assert find(list_obstacles(p, 1), "proof-failed").is_open
    lift_obstacle(p, 1, "proof-failed", by="lanhdao", reason="Tệp gốc hỏng ổ đĩa, đã đối chiếu bản giấy")
    later = filled("2026-12-14T11:00")
    run_pass(later)
    assert standing(later) == (ReportState.WAITING, ["so_tai_chinh"])
    manifest = read_manifest(p.home.report_folder(CYCLE, 1))
    assert manifest is not None and not manifest.proof.is_equal
    assert [(one.code, one.by) for one in manifest.lifted] == [("proof-failed", "lanhdao")]
    record_decision(later, 1, APPROVED)
    spoil_another_file(later)
    with pytest.raises(ProofFailedError):
        submit_to_ubnd_tinh(later, 1)
    assert find(list_obstacles(later, 1), "proof-failed").is_open


def spoil_another_file(p: Pass) -> None:
    """The archived file of another agency is damaged, too."""
    with p.store.read() as connection:
        submission = latest_accepted(connection, CYCLE, "STP")
    assert submission is not None
    path = archive_path(p.home.archive, submission.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")


def test_each_release_is_proved(filled: Small) -> None:
    """The submission, and what UBND tỉnh has signed, like the draft."""
    p = filled(COMPILATION)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    flip_byte(p)
    with pytest.raises(ProofFailedError):
        submit_to_ubnd_tinh(p, 1)
    flip_byte(p)
    assert submit_to_ubnd_tinh(p, 1)
    record_decision(p, 1, SIGNED, Step.SIGNATURE)
    flip_byte(p)
    with pytest.raises(ProofFailedError):
        publish_to_bo_tai_chinh(p, 1)
    with p.store.read() as connection:
        assert find_version(connection, CYCLE, 1).state == ReportState.SIGNED
