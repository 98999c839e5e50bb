"""A cycle from opening to the ministry, pass by pass, without Airflow."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decisions import Decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import LetterState, list_messages
from kybaocao.store.reports import list_publications, list_versions
from kybaocao.store.tables import audit
from tests.decisions import APPROVED, publish
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, OPENING, OVERDUE, drop

Small = Callable[[str], Pass]


def _kinds(p: Pass) -> Counter[str]:
    with p.store.read() as connection:
        messages = list_messages(connection, p.cycle.id)
    return Counter(queued.message.kind for queued in messages if queued.state != LetterState.WITHDRAWN)


def _replies(p: Pass, agency: str) -> list[str]:
    return sorted(path.name for path in p.home.replies(agency, p.cycle.id).iterdir())


def test_opening_puts_each_form_in_its_folder_and_announces_it_once(small: Small) -> None:
    """Five bodies, five forms, five mails; the second pass adds nothing."""
    first, second = run_pass(small(OPENING)), run_pass(small(OPENING))

    p = small(OPENING)
    forms = sorted(path.name for path in p.home.shared.glob(f"*/{p.cycle.id}/*.xlsx"))
    assert (first["forms_issued"], second["forms_issued"]) == (5, 0)
    assert forms == sorted(f"Bieu-mau_{a.code}_{p.cycle.id}.xlsx" for a in p.plan.expected)
    assert _kinds(p) == {"mo_ky": 5}


def test_nothing_happens_before_the_cycle_opens(small: Small) -> None:
    """No form, no mail, no step."""
    outcome = run_pass(small("2026-11-16T07:59"))

    assert (outcome["forms_issued"], outcome["steps_taken"], _kinds(small(OPENING))) == (0, 0, {})


def test_a_form_that_an_official_is_filling_in_is_never_overwritten(small: Small) -> None:
    """Somebody put the form there before the pass recorded it: it stays as it is."""
    p = small(OPENING)
    form = p.home.cycle_folder("STP", p.cycle.id) / f"Bieu-mau_STP_{p.cycle.id}.xlsx"
    form.parent.mkdir(parents=True)
    form.write_bytes(b"being filled in")

    run_pass(p)

    assert form.read_bytes() == b"being filled in"


def test_a_good_file_is_accepted_and_receipted(small: Small) -> None:
    """The agency finds a receipt in its folder and one mail; the original is in the archive."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    path = drop(p, "X-04183")

    outcome = run_pass(p)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (outcome["accepted"], _replies(p, "X-04183")) == (1, ["Phieu-tiep-nhan_01.html"])
    assert (p.home.archive / digest[:2] / digest).read_bytes() == path.read_bytes()
    assert _kinds(p)["tiep_nhan"] == 1


def test_one_bad_file_is_answered_and_stops_nobody(small: Small) -> None:
    """A damaged file, a PDF and a faulty form go back; the good one beside them is accepted."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "X-04183")
    drop(p, "X-03664", **{"ty_le/T15/tu_so_luy_ke": 10**6})
    damaged = drop(p, "STP")
    data = damaged.read_bytes()
    damaged.write_bytes(data[:300] + b"\0" * (len(data) // 2) + data[300 + len(data) // 2 :])
    scan = p.home.inbox("HHDN", p.cycle.id) / "bao cao.xlsx"
    scan.write_bytes(b"PK\x03\x04 not really PK\x05\x06" + b"\0" * 30)

    outcome = run_pass(p)

    assert (outcome["accepted"], outcome["returned"], outcome["unreadable"]) == (1, 1, 2)
    slip, marked = "Phieu-tra-lai_01.html", "Ban-danh-dau_01.xlsx"  # what cannot be read cannot be marked
    answers = {agency: _replies(p, agency) for agency in ("X-03664", "STP", "HHDN")}
    assert answers == {"X-03664": [marked, slip], "STP": [slip], "HHDN": [slip]}


def test_reminders_go_only_to_those_who_owe_and_stop_with_acceptance(small: Small) -> None:
    """Four of five are reminded after one was accepted; once all are in, nobody is."""
    run_pass(small(OPENING))
    drop(small(OPENING), "X-04183")
    first = run_pass(small("2026-11-25T08:00"))
    reminded = _kinds(small(MIDDAY))["nhac"]
    for agency in ("STC", "STP", "HHDN", "X-03664"):
        drop(small(OPENING), agency)
    second = run_pass(small("2026-12-02T08:00"))

    assert (first["steps_taken"], second["steps_taken"]) == (4, 0)
    assert (reminded, _kinds(small(MIDDAY))["nhac"]) == (4, 0), "what no mail server took is withdrawn"


def test_the_ladder_climbs_once_a_step_and_spares_the_invited(small: Small) -> None:
    """Agency, head, Sở Tài chính's leader, Chairman; Hiệp hội Doanh nghiệp is not named to the Chairman."""
    run_pass(small(OPENING))
    for moment in (OVERDUE, OVERDUE, "2026-12-10T14:00", "2026-12-11T08:00", "2026-12-14T08:00", "2026-12-14T08:00"):
        run_pass(small(moment))
    p = small(COMPILATION)

    kinds = _kinds(p)
    with p.store.read() as connection:
        letters = {q.message.kind: q.message for q in list_messages(connection, p.cycle.id)}
    assert (kinds["qua_han"], kinds["qua_han_thu_truong"]) == (5, 5)
    assert (kinds["danh_sach_qua_han"], kinds["bao_cao_chu_tich"]) == (1, 1)
    assert "Hiệp hội Doanh nghiệp" in letters["danh_sach_qua_han"].text
    assert "Hiệp hội Doanh nghiệp" not in letters["bao_cao_chu_tich"].text
    assert letters["bao_cao_chu_tich"].recipients == ("chutich.ubnd@sonla.example.vn",)


def test_an_identical_file_is_a_no_op(small: Small) -> None:
    """Copied again under another name: no new version, one line in the trail."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    path = drop(p, "STP")
    run_pass(p)
    (path.parent / "Copy of bieu mau.xlsx").write_bytes(path.read_bytes())

    outcome = run_pass(small("2026-12-01T11:00"))

    with p.store.read() as connection:
        actions = connection.scalars(select(audit.c.action).where(audit.c.agency == "STP")).all()
    assert (outcome["new_files"], outcome["identical_files"]) == (0, 1)
    assert actions.count("file-received") == 1 and actions.count("file-identical") == 1


def test_a_faulty_correction_leaves_the_accepted_version_in_force(small: Small) -> None:
    """The figures of the report stay those of the accepted version, and the slip says so."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "STP")
    run_pass(p)
    drop(p, "STP", name="sửa.xlsx", **{"ty_le/T15/tu_so_luy_ke": 10**6})

    outcome = run_pass(small("2026-12-01T11:00"))

    slip = (p.home.replies("STP", p.cycle.id) / "Phieu-tra-lai_02.html").read_text()
    assert (outcome["returned"], outcome["accepted_in_all"]) == (1, 1)
    assert "vẫn có hiệu lực" in slip


def _fill_season(small: Small) -> Pass:
    run_pass(small(OPENING))
    p = small(MIDDAY)
    for agency in ("STC", "STP", "HHDN", "X-04183"):
        drop(p, agency)
    run_pass(p)
    return small(COMPILATION)


def test_the_report_goes_to_the_leaders_first_and_waits(small: Small) -> None:
    """Release 1 is mailed with its files; the ministry has nothing."""
    p = _fill_season(small)

    outcome = run_pass(p)

    with p.store.read() as connection:
        (first,) = list_publications(connection, p.cycle.id)
        (mail,) = [q.message for q in list_messages(connection, p.cycle.id) if q.message.kind.startswith("phat_hanh")]
    assert (outcome["report_version"], first.release) == (1, "so_tai_chinh")
    assert {Path(a.name).suffix for a in mail.attachments} >= {".docx", ".xlsx"}
    assert "4/5" in mail.text and "xã Mường Lầm" not in mail.text and "phường Chiềng An" in mail.text


def test_compiling_again_without_news_makes_no_new_version(small: Small) -> None:
    """An identical report that waits is not sent again."""
    p = _fill_season(small)
    run_pass(p)

    assert [run_pass(small("2026-12-14T14:00"))["report_version"] for _ in range(2)] == [None, None]


def test_what_was_approved_is_what_is_sent(small: Small) -> None:
    """The ministry's report has the approved content's checksum, the sign-off in it, and the plan's copy recipients."""
    p = _fill_season(small)
    run_pass(p)

    assert publish(p)
    assert not publish_to_bo_tai_chinh(p, 1), "a second call publishes nothing"

    with p.store.read() as connection:
        releases = {item.release: item for item in list_publications(connection, p.cycle.id)}
        mails = [q.message for q in list_messages(connection, p.cycle.id) if q.message.kind == "phat_hanh_bo_tai_chinh"]
    assert set(releases) == {"so_tai_chinh", "ubnd_tinh", "bo_tai_chinh"}
    assert len({item.content_checksum for item in releases.values()}) == 1
    assert (len(mails), mails[0].recipients, len(mails[0].copies)) == (1, ("vanthu@mof.example.vn",), 10)
    for attachment in mails[0].attachments:
        data = (p.home.root / attachment.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == attachment.sha256 == releases["bo_tai_chinh"].files[attachment.name]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-12-14T11:00", ""),
        ("2026-12-28T08:00", "Báo cáo của tỉnh đã được gửi Bộ Tài chính trước khi nhận tệp này"),
        ("2027-02-05T08:00", "Kỳ báo cáo đã đóng ngày 29/01/2027"),
    ],
)
def test_a_submission_after_the_report_is_answered_so(
    small: Small, at: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept, and people decide: the receipt does not promise what no pass will do, and the operators hear."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    p = _fill_season(small)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    if said:
        publish(p)
    p = small(at)
    drop(p, "X-03664", **EXPLAINED)
    run_pass(p)
    page = (p.home.replies("X-03664", p.cycle.id) / "Phieu-tiep-nhan_01.html").read_text(encoding="utf-8")
    reported = [
        line for line in run_pass(small(at[:11] + "12:00"))["warnings"] if "X-03664" in line and "đưa vào" in line
    ]
    assert (said in page, "báo cáo bổ sung" in page, len(reported)) == (True, bool(said), int(bool(said)))


def test_a_report_changed_after_approval_is_not_sent(small: Small) -> None:
    """Somebody edits the stored content between approval and release: publication stops."""
    p = _fill_season(small)
    run_pass(p)
    record_decision(p, 1, APPROVED)
    path = p.home.report_folder(p.cycle.id, 1) / "noi-dung.json"
    content = json.loads(path.read_text())
    content["subject"] += " (sửa)"
    path.write_text(json.dumps(content))

    with pytest.raises(RuntimeError, match="khác nội dung đã phê duyệt"):
        submit_to_ubnd_tinh(p, 1)


def test_a_rejection_leads_to_the_next_version_with_its_reason(small: Small) -> None:
    """The next pass compiles version 2, and the leaders read why version 1 came back."""
    p = _fill_season(small)
    run_pass(p)
    record_decision(p, 1, Decision(False, "lanhdao", reason="Bổ sung xã nộp muộn"))

    outcome = run_pass(small("2026-12-14T14:00"))

    with p.store.read() as connection:
        letters = [q.message.text for q in list_messages(connection, p.cycle.id) if "so_tai_chinh" in q.message.kind]
        states = [v.state for v in list_versions(connection, p.cycle.id)]
    assert (outcome["report_version"], states) == (2, ["rejected", "waiting"])
    assert "Bổ sung xã nộp muộn" in letters[-1]


def test_a_late_file_supersedes_the_draft_that_waits(small: Small) -> None:
    """Version 2 takes version 1's place; approving version 1 then publishes nothing."""
    p = _fill_season(small)
    run_pass(p)
    late = small("2026-12-14T14:00")
    drop(late, "X-03664", **EXPLAINED)
    run_pass(late)

    stands = record_decision(late, 1, APPROVED).is_approved

    with p.store.read() as connection:
        states = [v.state for v in list_versions(connection, p.cycle.id)]
    assert (stands, states) == (False, ["superseded", "waiting"])
    assert not publish_to_bo_tai_chinh(late, 1)


def test_after_publication_a_correction_waits_to_be_asked_for(small: Small) -> None:
    """A new file after release 2 changes no report by itself; asked for, it makes the next version."""
    p = _fill_season(small)
    run_pass(p)
    publish(p)
    late = small("2026-12-21T10:00")
    drop(late, "X-03664", **EXPLAINED)

    assert run_pass(late)["report_version"] is None
    assert run_pass(small("2026-12-21T14:00"), is_asked=True)["report_version"] == 2


def test_an_agency_without_contact_is_reported_to_the_operators(small: Small, tmp_path: Path) -> None:
    """A warning on the pass and one mail to the operators; the others get theirs."""
    contacts = tmp_path / "config" / "nq02-2026" / "lien_he.csv"
    lines = [line for line in contacts.read_text(encoding="utf-8").splitlines() if not line.startswith("X-04183,")]
    contacts.write_text("\n".join(lines) + "\n", encoding="utf-8")

    outcome = run_pass(small(OPENING))

    kinds = _kinds(small(OPENING))
    assert any("xã Mường Lầm" in warning for warning in outcome["warnings"])
    assert (kinds["mo_ky"], kinds["van_hanh"]) == (4, 1)


def test_strange_folders_are_listed_and_left_alone(small: Small) -> None:
    """An unknown agency or cycle in the shared folder: named for the operators, untouched."""
    p = small(OPENING)
    run_pass(p)
    strange = [p.home.shared / "SO-LA" / p.cycle.id / "nop", p.home.shared / "STP" / "nq02-2030-ky9" / "nop"]
    for folder in strange:
        folder.mkdir(parents=True)
        (folder / "a.xlsx").write_bytes(b"PK\x03\x04PK\x05\x06")

    outcome = run_pass(small(MIDDAY))

    assert [w for w in outcome["warnings"] if "SO-LA/" in w] and [
        w for w in outcome["warnings"] if "nq02-2030-ky9" in w
    ]
    assert outcome["new_files"] == 0
    assert all((folder / "a.xlsx").exists() for folder in strange)
