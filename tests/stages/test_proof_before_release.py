"""No release leaves whose figures the archived files do not give again; what is wrong is named to the operators."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from kybaocao.backup.verifying import verify_home
from kybaocao.inbox.archive import archive_path
from kybaocao.proof.comparison import Difference
from kybaocao.proof.manifest import FILE_NAME, read_manifest, write_manifest
from kybaocao.stages.approve import describe_for_approval
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support import proof as support_proof
from kybaocao.stages.support.decisions import record_decision
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import ProofFailedError
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import ReportState, list_publications, list_versions
from kybaocao.store.submissions import latest_accepted
from kybaocao.store.tables import arrivals
from tests.conftest import CYCLE
from tests.decisions import APPROVED, publish
from tests.stages.conftest import COMPILATION, MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
LATER = "2026-12-14T11:00"
AGENCY = "X-04183"


@pytest.fixture
def filled(small: Small) -> Small:
    """A season with four files accepted, before the hour of compilation."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    for agency in ("STC", "STP", "HHDN", AGENCY):
        drop(p, agency)
    run_pass(p)
    return small


def spoil_answer(p: Pass) -> None:
    """Another number for T15 in what the store keeps of an accepted file."""
    with p.store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER arrivals_no_update")
        row = connection.execute(select(arrivals).where(arrivals.c.agency == AGENCY)).one()
        answers = json.loads(row.answers)
        for line in answers:
            if line[1:3] == ["T15", "tu_so_luy_ke"]:
                line[7] = str(int(line[7]) + 1)
        connection.execute(update(arrivals).where(arrivals.c.id == row.id).values(answers=json.dumps(answers)))


def flip_byte(p: Pass) -> None:
    """A byte of an archived file, as a failing disk changes it; done again, it is what it was."""
    with p.store.read() as connection:
        submission = latest_accepted(connection, CYCLE, AGENCY)
    assert submission is not None
    path = archive_path(p.home.archive, submission.sha256)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def standing(p: Pass) -> tuple[str, list[str]]:
    """(state of the newest version, releases that were made)"""
    with p.store.read() as connection:
        return list_versions(connection, CYCLE)[-1].state, [one.release for one in list_publications(connection, CYCLE)]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            spoil_answer,
            "T15: “Tử số lũy kế”, Ủy ban nhân dân xã Mường Lầm (X-04183), tệp “Biểu mẫu.xlsx”, trang “Chỉ tiêu”, ô",
        ),
        (flip_byte, "tệp lưu trữ không còn nguyên vẹn (Ủy ban nhân dân xã Mường Lầm (X-04183), tệp “Biểu mẫu.xlsx”)"),
    ],
    ids=["stored answer", "archived byte"],
)
def test_a_draft_that_differs_from_the_files_goes_to_nobody(
    filled: Small, spoil: Callable[[Pass], None], said: str
) -> None:
    """The version stays, the other mail of the pass leaves, and the operators read place and both values."""
    spoil(filled(MIDDAY))
    p = filled(COMPILATION)
    outcome = run_pass(p)
    with p.store.read() as connection:
        letter = [one.message.text for one in list_messages(connection, CYCLE) if one.message.kind == "van_hanh"][-1]
    assert standing(p) == (ReportState.COMPILED, [])
    assert [said in line for line in outcome["warnings"] if "đối chứng" in line] == [True], outcome["warnings"]
    assert any(said in line for line in list_warnings(p))
    assert said.partition(",")[0] in " ".join(letter.split())


def test_the_manifest_of_a_release_that_is_held_back_has_every_difference(filled: Small) -> None:
    spoil_answer(filled(MIDDAY))
    p = filled(COMPILATION)
    run_pass(p)
    manifest = read_manifest(p.home.report_folder(CYCLE, 1))
    assert manifest is not None and manifest.files == ()
    first = manifest.proof.differences[0]
    assert (first.agency, first.subject, int(first.stored) - int(first.computed)) == (AGENCY, "T15", 1)


def test_when_the_files_are_whole_again_the_next_pass_releases(filled: Small) -> None:
    """A file from a backup, and nobody has to do anything else."""
    flip_byte(filled(MIDDAY))
    run_pass(filled(COMPILATION))
    flip_byte(filled(MIDDAY))
    p = filled(LATER)
    run_pass(p)
    assert standing(p) == (ReportState.WAITING, ["so_tai_chinh"])
    assert not [line for line in list_warnings(p) if "đối chứng" in line]


def test_an_approved_report_is_proved_again_before_it_is_sent(filled: Small) -> None:
    """What changed in between is found; the approval stands until the cause is gone."""
    p = filled(COMPILATION)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    flip_byte(p)
    with pytest.raises(ProofFailedError, match="không còn nguyên vẹn"):
        submit_to_ubnd_tinh(p, 1)
    held = standing(p), [line for line in list_warnings(p) if "đối chứng số liệu không khớp" in line]
    flip_byte(p)
    assert submit_to_ubnd_tinh(p, 1)
    assert (held[0], len(held[1])) == ((ReportState.APPROVED, ["so_tai_chinh"]), 1)
    assert standing(p)[0] == ReportState.SUBMITTED


@pytest.mark.parametrize("is_other_version", [True, False])
def test_what_an_earlier_version_of_the_system_proved_stands(
    filled: Small, monkeypatch: pytest.MonkeyPatch, is_other_version: bool
) -> None:
    """The system was brought up to date between the two releases, and judges a target in another way since then.

    Without that the same difference is a fault.
    """
    p = filled(COMPILATION)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    draft = p.home.report_folder(CYCLE, 1)
    manifest = read_manifest(draft)
    assert manifest is not None
    if is_other_version:
        write_manifest(draft, replace(manifest, code_version="0" * 64))
    other = replace(manifest.proof, differences=(Difference("D1", "verdict", "đạt", "chưa đạt"),))
    monkeypatch.setattr(support_proof, "prove_snapshot", lambda *_: other)
    if is_other_version:
        assert submit_to_ubnd_tinh(p, 1)
    else:
        with pytest.raises(ProofFailedError, match="D1"):
            submit_to_ubnd_tinh(p, 1)


def test_a_file_that_is_accepted_after_the_approval_holds_nothing_back(filled: Small) -> None:
    """What was approved is proved by the files that it was made of."""
    p = filled(COMPILATION)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    later = filled(LATER)
    drop(later, AGENCY, seed=2, name="sửa.xlsx", **{"xac_nhan/ly_do_nop_muon/gia_tri": "Rà soát lại số liệu cuối kỳ"})
    assert run_pass(later)["accepted"] == 1
    assert submit_to_ubnd_tinh(later, 1)


def test_the_manifest_of_a_release_lists_its_files_and_what_was_proved(filled: Small) -> None:
    """Checksums of every file, rules, code, and who read which file."""
    p = filled(COMPILATION)
    run_pass(p)
    publish(p)
    draft = p.home.report_folder(CYCLE, 1)
    for folder in (draft, draft / "phat-hanh"):
        manifest = read_manifest(folder)
        assert manifest is not None
        there = {path.name for path in folder.iterdir() if path.is_file() and path.name != "da-ghi-nhan.txt"} - {
            FILE_NAME
        }
        assert {name for name, _ in manifest.files} == there
        assert all(
            hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in manifest.files
        )
        assert manifest.proof.is_equal and {one.agency for one in manifest.proof.files} == {
            "STC",
            "STP",
            "HHDN",
            AGENCY,
        }
        assert len(manifest.configuration) == len(manifest.code_version) == 64
        assert manifest.form_edition == p.plan.require_edition().id


def test_the_leader_s_form_says_how_the_proof_came_out(filled: Small) -> None:
    p = filled(COMPILATION)
    run_pass(p)
    said = "Đối chứng số liệu: **khớp (tính lại từ 4 tệp gốc)**"
    manifest = p.home.report_folder(CYCLE, 1) / FILE_NAME
    with_proof = describe_for_approval(p, 1)
    manifest.unlink()  # of a version that was made before proofs were
    assert said in with_proof and "Đối chứng số liệu: **chưa đối chứng**" in describe_for_approval(p, 1)


def test_a_manifest_that_was_changed_is_found_by_verify(filled: Small) -> None:
    p = filled(COMPILATION)
    run_pass(p)
    path = p.home.report_folder(CYCLE, 1) / FILE_NAME
    path.write_bytes(path.read_bytes() + b" ")
    assert [one.code for one in verify_home(p.home, p.store) if one.place.endswith(FILE_NAME)] == ["report-changed"]
