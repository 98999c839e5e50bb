"""What goes with the form: kept, answered, missed when required, never in the form's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from kybaocao.cli.status_words import describe_status
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.plan.outstanding import describe_owed, find_outstanding
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support import attachments as attachments_module
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.validate import validate_agency
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import Message, list_messages
from kybaocao.store.submissions import list_attachments, list_components, list_submissions
from kybaocao.store.tables import audit
from tests.attachments.attachment_files import PDF, PNG, docx, pdf
from tests.stages.conftest import EXPLAINED, MIDDAY, drop, list_missing
from tests.workbook.odd_packages import zip_parts

Small = Callable[[str], Pass]
AGENCY, OTHER = "STP", "X-04183"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole as soon as it is there, or has lain long enough."""
    for name in ("SETTLE_SECONDS", "HALF_COPIED_SECONDS"):
        monkeypatch.setattr(inbox_module, name, 0.0)


@pytest.fixture
def requiring(small: Small, tmp_path: Path) -> Small:
    """The same plan, in which the signed report is required three working days after the form."""
    path = tmp_path / "config" / "nq02-2026" / "bieu_mau.yaml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace(
        "bat_buoc: false, ten_tep_co: [bản ký", "bat_buoc: true, sau_han_ngay_lam_viec: 3, ten_tep_co: [bản ký"
    )
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    return small


def _hand_in(p: Pass, name: str, data: bytes, agency: str = AGENCY) -> None:
    inbox = p.home.inbox(agency, p.cycle.id)
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_bytes(data)


def _look(p: Pass) -> None:
    """Collect and judge, as a pass does."""
    for agency in collect_files(p).waiting:
        validate_agency(p, agency)


def _attachments(p: Pass, agency: str = AGENCY) -> list[Submission]:
    with p.store.read() as connection:
        return list_attachments(connection, p.cycle.id, agency)


def _forms(p: Pass, agency: str = AGENCY) -> list[Submission]:
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, agency)


def _mails(p: Pass) -> list[Message]:
    with p.store.read() as connection:
        return [queued.message for queued in list_messages(connection, p.cycle.id)]


def _slip(p: Pass, name: str, agency: str = AGENCY) -> str:
    return (p.home.replies(agency, p.cycle.id) / name).read_text(encoding="utf-8")


# --- without the form, and with it ---------------------------------------------------------------------------------


def test_a_signed_pdf_alone_leaves_the_form_owed(small: Small) -> None:
    """It is kept; the answer thanks for it and says that the form is still missing; the agency stands as before."""
    p = small(MIDDAY)
    _hand_in(p, "BC 125 (bản ký).pdf", PDF)
    _look(p)
    (kept,), (mail,) = _attachments(p), _mails(p)
    assert (kept.component, kept.verdict, kept.receipt_number) == ("ban_ky", "accepted", f"{p.cycle.id}/STP/ban_ky-01")
    assert (_forms(p), mail.kind) == ([], "kem_theo")
    assert "còn thiếu biểu Excel" in mail.subject and kept.sha256[:12] in mail.text
    assert "chậm nhất ngày 09/12/2026" in mail.text
    assert kept.sha256[:12] in _slip(p, "Tep-kem-theo.html")
    (standing,) = [one for one in gather_status(p)["agencies"] if one["code"] == AGENCY]
    assert (standing["standing"], [one["file"] for one in standing["companions"]]) == (
        "EXPECTED",
        ["BC 125 (bản ký).pdf"],
    )


def test_a_receipt_lists_what_came_with_the_form(small: Small) -> None:
    """One mail for both; file, number and checksum stand in it and on the slip."""
    p = small(MIDDAY)
    drop(p, AGENCY)
    _hand_in(p, "ban ky.pdf", PDF)
    _look(p)
    (kept,), (mail,) = _attachments(p), _mails(p)
    assert mail.kind == "tiep_nhan"
    for text in (mail.text, _slip(p, "Phieu-tiep-nhan_01.html")):
        assert [
            w for w in ("ban ky.pdf", kept.receipt_number, kept.sha256[:12], "bằng văn bản đã ký") if w not in text
        ] == []


def test_an_attachment_after_the_form_is_answered_by_itself(small: Small) -> None:
    """The form stays accepted; the page in the folder lists every attachment so far."""
    p = small(MIDDAY)
    drop(p, AGENCY)
    _look(p)
    _hand_in(p, "anh.png", PNG)
    _look(p)
    _hand_in(p, "Phu luc.docx", docx())
    _look(p)
    assert [mail.kind for mail in _mails(p)] == ["tiep_nhan", "kem_theo", "kem_theo"]
    page = _slip(p, "Tep-kem-theo.html")
    assert "anh.png" in page and "Phu luc.docx" in page and "Biểu Excel của Quý cơ quan đã được tiếp nhận" in page
    assert [one.component for one in _attachments(p)] == ["minh_chung", "minh_chung"]


def test_a_refused_attachment_never_stops_the_form(small: Small) -> None:
    """A locked PDF is refused with the reason; the form beside it is accepted, the bytes stay in the archive."""
    p = small(MIDDAY)
    drop(p, AGENCY)
    _hand_in(p, "ban ky.pdf", pdf(trailer=b"/Encrypt 5 0 R"))
    _look(p)
    (refused,), (form,) = _attachments(p), _forms(p)
    assert (refused.verdict, form.verdict) == ("returned", "accepted")
    assert (p.home.archive / refused.sha256[:2] / refused.sha256).exists()
    (mail,) = _mails(p)
    assert "chưa nhận: Tệp PDF được đặt mật khẩu" in mail.text
    assert [finding["code"] for finding in json.loads(refused.findings)] == ["companion-encrypted"]


@pytest.mark.parametrize(
    ("name", "data"), [("Minh chung.zip", zip_parts({"a.txt": b"x"})), ("ban ky.rar", b"Rar!\x1a\x07\0")]
)
def test_evidence_of_another_kind_is_no_return_sent_back(small: Small, name: str, data: bytes) -> None:
    """The accepted form stays all there is of forms; the agency hears which kinds are taken."""
    p = small(MIDDAY)
    drop(p, AGENCY)
    _look(p)
    _hand_in(p, name, data)
    _look(p)
    (form,), (refused,) = _forms(p), _attachments(p)
    assert (form.verdict, refused.verdict) == ("accepted", "returned")
    assert [finding["code"] for finding in json.loads(refused.findings)] == ["companion-kind-refused"]
    assert [mail.kind for mail in _mails(p)] == ["tiep_nhan", "kem_theo"]
    (standing,) = [one for one in gather_status(p)["agencies"] if one["code"] == AGENCY]
    assert (standing["standing"], standing["returned"], standing["versions"]) == ("ACCEPTED", 0, 1)


def test_an_attachment_handed_in_twice_is_one(small: Small) -> None:
    """The same bytes again, under another name: no version, no mail, a line on the page of repeated files."""
    p = small(MIDDAY)
    _hand_in(p, "ban ky.pdf", PDF)
    _look(p)
    _hand_in(p, "ban ky (1).pdf", PDF)
    _look(p)
    assert (len(_attachments(p)), len(_mails(p))) == (1, 1)
    page = _slip(p, "Tep-da-nhan-truoc.html")
    assert "ban ky (1).pdf" in page and f"{p.cycle.id}/STP/ban_ky-01" in page


def test_a_pass_that_dies_while_taking_an_attachment_is_repeated_by_the_next(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the page, before the verdict: the next pass writes the same page, one verdict and one mail."""
    p = small(MIDDAY)
    _hand_in(p, "ban ky.pdf", PDF)

    def _die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(attachments_module, "record_verdict", _die)
        _look(p)
    page = _slip(p, "Tep-kem-theo.html")
    _look(p)
    _look(p)
    assert [one.verdict for one in _attachments(p)] == ["accepted"]
    assert (_slip(p, "Tep-kem-theo.html"), len(_mails(p))) == (page, 1)


# --- required ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-12-14T23:00", "hạn cuối 14/12/2026"),
        ("2026-12-15T00:00", "hạn cuối 14/12/2026, đã quá hạn"),
    ],
)
def test_a_required_attachment_is_missing_until_it_comes(requiring: Small, at: str, said: str) -> None:
    """Three working days after Wednesday 9 December is Monday 14 December; a refused file does not count."""
    p = requiring(at)
    drop(p, AGENCY)
    _hand_in(p, "ban ky.pdf", PDF[:20])
    _look(p)
    assert list_missing(p, AGENCY) == [f"Báo cáo bằng văn bản đã ký (PDF, Word (.docx)), {said}"]
    assert "Còn thiếu tệp kèm theo:" in describe_status(gather_status(p))
    assert said in _slip(p, "Tep-kem-theo.html")
    _hand_in(p, "ban ky 2.pdf", PDF)
    _look(p)
    assert list_missing(p, AGENCY) == []


def test_whoever_owes_no_submission_owes_no_attachment(requiring: Small) -> None:
    """A body that only takes part."""
    assert list_missing(requiring(MIDDAY), "TU") == []


def test_an_attachment_the_configuration_no_longer_knows_stays_listed(small: Small, tmp_path: Path) -> None:
    """Taken yesterday, left out of the configuration today: kept and named all the same."""
    p = small(MIDDAY)
    _hand_in(p, "anh.png", PNG)
    _look(p)
    path = tmp_path / "config" / "nq02-2026" / "bieu_mau.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("  - {ma: minh_chung")), encoding="utf-8")
    later = small("2026-12-01T11:00")
    drop(later, AGENCY)
    _look(later)
    assert "anh.png" in _slip(later, "Phieu-tiep-nhan_01.html")


# --- one file from two agencies ---------------------------------------------------------------------------------------


def test_the_same_bytes_from_two_agencies_are_reported_to_the_operators(small: Small) -> None:
    """In the audit trail at once, under "Cần xử lý" until people have looked; both agencies are answered as usual."""
    p = small(MIDDAY)
    _hand_in(p, "ban ky.pdf", PDF)
    _hand_in(p, "bao cao.pdf", PDF, OTHER)
    _look(p)
    with p.store.read() as connection:
        rows = connection.execute(select(audit.c.agency, audit.c.detail).where(audit.c.action == "file-shared")).all()
    (shared,) = rows
    assert (shared.agency, json.loads(shared.detail)["same_as"]) == (OTHER, [f"{p.cycle.id}/STP/ban_ky-01"])
    (warning,) = [one for one in list_warnings(p) if "giống hệt" in one]
    assert "(STP, tệp “ban ky.pdf”)" in warning and "(X-04183, tệp “bao cao.pdf”)" in warning
    assert warning in describe_status(gather_status(p))
    assert [mail.kind for mail in _mails(p)] == ["kem_theo", "kem_theo"]


# --- reminded ----------------------------------------------------------------------------------------------------------


def _owed(p: Pass) -> str:
    """What the ladder would name; "" for nothing."""
    with p.store.read() as connection:
        versions = list_components(connection, p.cycle.id, AGENCY)
    outstanding = find_outstanding(p.plan, p.cycle.id, AGENCY, versions, p.local.date())
    return describe_owed(outstanding.owed) if outstanding else ""


FORM_OWED, PDF_OWED = "Biểu mẫu báo cáo (.xlsx)", "áo cáo bằng văn bản đã ký (PDF, Word (.docx))"


@pytest.mark.parametrize(
    ("form", "signed", "at", "owed"),
    [
        (False, None, "2026-12-02T08:00", f"{FORM_OWED}; b{PDF_OWED}"),
        (False, PDF, "2026-12-02T08:00", FORM_OWED),
        (True, None, "2026-12-14T08:00", ""),  # its own date is to come
        (True, None, "2026-12-15T08:00", f"B{PDF_OWED}"),
        (True, PDF, "2026-12-15T08:00", ""),
        (True, PDF[:20], "2026-12-15T08:00", f"B{PDF_OWED}"),  # refused
    ],
)
def test_a_required_attachment_is_reminded_of_by_name(
    requiring: Small, form: bool, signed: bytes | None, at: str, owed: str
) -> None:
    """Beside the form while that is owed; by itself once its own date has passed."""
    p = requiring(at)
    if form:
        drop(p, AGENCY, **EXPLAINED)
    if signed is not None:
        _hand_in(p, "ban ky.pdf", signed)
    _look(p)
    assert _owed(p) == owed


def test_a_plan_that_requires_no_attachment_reminds_of_none(small: Small) -> None:
    """They are welcome, not owed."""
    p = small("2026-12-15T08:00")
    drop(p, AGENCY, **EXPLAINED)
    _look(p)
    assert _owed(p) == ""


def test_the_letter_about_a_missing_attachment_says_that_the_form_is_in(requiring: Small) -> None:
    """No letter says that nothing came when only the signed report is missing."""
    run_pass(requiring(MIDDAY))
    p = requiring("2026-12-15T08:00")
    for agency in p.plan.expected:
        drop(p, agency.code, **EXPLAINED)
    run_pass(p)
    letter = next(mail for mail in _mails(p) if mail.agency == AGENCY and mail.kind.startswith("qua_han"))
    assert "chưa nhận đủ tệp kèm theo báo cáo" in letter.text
    assert "biểu đã được tiếp nhận, còn thiếu tệp kèm theo" in letter.text
    assert f"Còn phải nộp: B{PDF_OWED}" in letter.text
