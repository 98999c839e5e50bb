"""A message as the mail server gets it."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import hashlib
from email.message import EmailMessage
from pathlib import Path

import pytest
from airflow.sdk import Connection

from kybaocao.adapters.smtp import OutboxHook, build_mime
from kybaocao.mail.sender import name_senders
from kybaocao.plan.plan import Plan
from kybaocao.stages.deliver_mail import RefusedError
from kybaocao.store.outbox import MailAttachment, Message
from tests.mail.conftest import Season

REPLY_TO = "tonghop.stc@sonla.example.vn"
SUBJECT = "Nhắc nộp báo cáo năm 2026 – Ủy ban nhân dân xã Mường Lầm, hạn cuối thứ Tư 09/12/2026"


def message(**changes: object) -> Message:
    plain = Message(
        key="nq02-2026-ky2/nhac_lan_1/0/X-04183",
        cycle="nq02-2026-ky2",
        kind="nhac",
        recipients=("vanthu@sonla.example.vn",),
        copies=("lanhdao@sonla.example.vn",),
        subject=SUBJECT,
        html="<p>Kính gửi: <b>Ủy ban nhân dân xã</b></p>",
        text="Kính gửi: Ủy ban nhân dân xã\n",
    )
    return dataclasses.replace(plain, **changes)


def carried(sent: Message, root: Path = Path()) -> EmailMessage:
    """The message after its journey over the wire."""
    wire = build_mime(sent, root, REPLY_TO).as_bytes()
    assert max(wire) < 128  # seven bits pass every server
    return email.message_from_bytes(wire, policy=email.policy.default)  # type: ignore[return-value]


def test_the_message_id_belongs_to_the_decision() -> None:
    """The same key gives the same Message-ID, whatever the words; another key gives another."""
    first, again = carried(message()), carried(message(text="khác", subject="khác"))
    other = carried(message(key="nq02-2026-ky2/nhac_lan_2/0/X-04183"))
    assert first["Message-ID"] == again["Message-ID"] == message().message_id
    assert other["Message-ID"] != first["Message-ID"]


def test_a_long_vietnamese_subject_survives() -> None:
    """Encoded words on folded lines read as one subject again."""
    assert carried(message())["Subject"] == SUBJECT


@pytest.mark.parametrize("length", range(1, 60, 3))
def test_no_space_of_a_subject_is_lost(length: int) -> None:
    """Wherever the line is broken, the words stay apart."""
    subject = "Kỳ " + "x" * length + " việc cần tổ vận hành xử lý trước hạn nộp của các cơ quan cấp tỉnh, xã"
    assert carried(message(subject=subject))["Subject"] == subject


def test_the_text_is_offered_first_and_the_html_beside_it() -> None:
    """multipart/alternative: plain text, then HTML, both UTF-8."""
    parts = list(carried(message()).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in parts] == ["utf-8", "utf-8"]
    assert [part.get_content().strip() for part in parts] == [message().text.strip(), message().html]


def test_the_headers_say_to_whom_and_where_to_answer() -> None:
    """To, Cc, Reply-To, and a mark that no out-of-office note shall answer."""
    sent = carried(message())
    assert [sent[name] for name in ("To", "Cc", "Reply-To", "Auto-Submitted", "X-Kybaocao-Kind")] == [
        "vanthu@sonla.example.vn",
        "lanhdao@sonla.example.vn",
        REPLY_TO,
        "auto-generated",
        "nhac",
    ]


def test_without_copies_there_is_no_copy_line() -> None:
    """An empty Cc would be an invalid header."""
    assert carried(message(copies=()))["Cc"] is None


def test_an_attachment_arrives_byte_for_byte(tmp_path: Path) -> None:
    """Name with Vietnamese letters, type and content."""
    data = b"PK\x03\x04" + bytes(range(256))
    (tmp_path / "a.xlsx").write_bytes(data)
    attached = MailAttachment("Phụ lục kỳ 2.xlsx", "a.xlsx", hashlib.sha256(data).hexdigest())
    [part] = carried(message(attachments=(attached,)), tmp_path).iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("Phụ lục kỳ 2.xlsx", data)
    assert part.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_changed_attachment_is_refused(tmp_path: Path) -> None:
    """What was approved is what is sent: a file that differs from the recorded one stays here."""
    (tmp_path / "a.docx").write_bytes(b"changed")
    attached = MailAttachment("bao-cao.docx", "a.docx", hashlib.sha256(b"approved").hexdigest())
    with pytest.raises(RefusedError, match=r"bao-cao\.docx đã thay đổi"):
        build_mime(message(attachments=(attached,)), tmp_path, REPLY_TO)


def test_the_letters_of_a_season_travel_unchanged(season: Season) -> None:
    """Every kind of letter arrives with its subject and both bodies as written."""
    differing = []
    for kind, sent in season.items():
        got = carried(dataclasses.replace(sent, attachments=()))
        bodies = [part.get_content().replace("\r\n", "\n").strip() for part in got.iter_parts()]
        if (got["Subject"], bodies) != (sent.subject, [sent.text.strip(), sent.html.strip()]):
            differing.append(kind)
    assert (len(season), differing) == (17, [])


# --- who it is from, what it follows, what stands inside -----------------------------------------------------------


def from_line(name: str, address: str) -> str:
    """The From header that the provider's hook gives a message."""
    hook = OutboxHook.__new__(OutboxHook)
    mime, _ = hook._build_mime_message(address, ["a@x.vn"], custom_headers={"message": EmailMessage(), "sender": name})
    return str(mime["From"])


def test_the_sender_has_a_name() -> None:
    """The plan's name for the sender, else the one that stands with the address of the connection."""
    assert from_line("Sở Tài chính tỉnh Sơn La", "may@x.vn") == "Sở Tài chính tỉnh Sơn La <may@x.vn>"
    assert from_line("", "Tổ vận hành <may@x.vn>") == "Tổ vận hành <may@x.vn>"
    assert from_line("", "may@x.vn") == "may@x.vn"


def test_the_ministry_hears_from_the_province(plan: Plan) -> None:
    name = name_senders(plan)
    assert [name(message(kind=kind)) for kind in ("nhac", "phat_hanh_bo_tai_chinh")] == [
        "Sở Tài chính tỉnh Sơn La",
        "UBND tỉnh Sơn La",
    ]


def test_a_letter_of_the_season_has_the_senders_domain(season: Season) -> None:
    assert {sent.message_id.rpartition("@")[2] for sent in season.values()} == {"sonla.example.vn>"}


def test_a_reminder_follows_those_before_it() -> None:
    """The last one is answered, all are referred to; of many the first and the last nine."""
    ids = tuple(f"<{number}@x.vn>" for number in range(20))
    few, many = carried(message(follows=ids[:2])), carried(message(follows=ids))
    assert (few["In-Reply-To"], few["References"]) == ("<1@x.vn>", "<0@x.vn> <1@x.vn>")
    assert many["References"].split() == ["<0@x.vn>", *ids[11:]]
    assert carried(message())["In-Reply-To"] is None


def test_a_picture_stands_inside_the_letter(tmp_path: Path) -> None:
    """Beside the HTML that names it, and no attachment to open."""
    data = b"\x89PNG" + bytes(range(200))
    (tmp_path / "a.png").write_bytes(data)
    picture = MailAttachment("bieu-do.png", "a.png", hashlib.sha256(data).hexdigest(), is_inline=True)
    sent = carried(message(attachments=(picture,), html='<img src="cid:bieu-do.png@kybaocao">'), tmp_path)
    related = list(sent.iter_parts())[1]
    page, image = related.iter_parts()
    assert [part.get_content_type() for part in (sent, related, page, image)] == [
        "multipart/alternative",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert (image["Content-ID"], image.get_content()) == ("<bieu-do.png@kybaocao>", data)


@pytest.mark.parametrize(("password", "expected"), [(None, "trong-tep"), ("cua-ket-noi", "cua-ket-noi")])
def test_the_password_of_the_mail_server_may_stand_in_a_file(
    password: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a connection that has none of its own."""
    (tmp_path / "mat-khau").write_text("trong-tep\n")
    monkeypatch.setenv("KYBAOCAO_SMTP_PASSWORD_FILE", str(tmp_path / "mat-khau"))
    hook = OutboxHook()
    hook.smtp_connection = Connection(conn_id="thu", conn_type="smtp", login="a", password=password)
    assert hook.smtp_password == expected
