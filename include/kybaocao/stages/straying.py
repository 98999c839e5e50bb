"""Telling an agency of files that were not handed in although they lie in its folder: a page, and one mail for each.

What we put there ourselves is known by its checksum: the form as it was given out, the marked copies.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from kybaocao.form.layout import build_layout
from kybaocao.intake.astray import Astray, Reason, list_astray
from kybaocao.intake.inbox import open_plain
from kybaocao.mail.letters import write_letter, write_slip
from kybaocao.mail.recipients import find_contacts
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole
from kybaocao.stages.answers import drop_answer, put_answer
from kybaocao.stages.opening import form_name, is_open
from kybaocao.store.arrivals import list_drops, remember_drop
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import Message, add_message

SLIP = "Tep-chua-nop.html"
MAX_OURS_BYTES = 20 * 2**20  # what is larger was not written by us
_WORDS = {
    Reason.BESIDE: "nằm ngoài thư mục “nop”",
    Reason.FORM_BESIDE: "là biểu mẫu đã điền nhưng còn nằm ngoài thư mục “nop”",
    Reason.IN_REPLIES: "nằm trong thư mục “tra_loi”, nơi chỉ để hệ thống trả lời",
    Reason.EMPTY: "chưa có nội dung (0 byte), có thể chưa chép xong",
    Reason.UNFINISHED: "là tệp đang tải dở hoặc lối tắt (shortcut), không phải biểu mẫu",
    Reason.FOLDER: "là thư mục; hệ thống chỉ nhận tệp đặt trực tiếp trong “nop”",
}
Drops = Mapping[tuple[str, str], tuple[str, str]]  # (agency, place) -> (signature, sha256 of what we wrote or "")


def tell_of_astray_files(p: Pass) -> None:
    """A page with all that lies astray, a mail for what is new; the page goes when nothing is left to tell."""
    if not is_open(p):
        return
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
    for agency in p.plan.expected:
        found = _list_of(p, agency.code, drops)
        if any(_is_news(drops, agency.code, one) for one in found):
            _tell(p, agency.code, found, drops)
        elif not found and any(code == agency.code and not sha256 for (code, _), (_, sha256) in drops.items()):
            drop_answer(p, agency.code, SLIP)


def list_astray_places(p: Pass) -> list[str]:
    """For the operators: "X-04183/…/bm.xlsx nằm ngoài thư mục “nop”". Forms being filled in are nobody's worry."""
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
    return [
        f"{agency.code}/{p.cycle.id}/{one.key} {_WORDS[one.reason]}"
        for agency in p.plan.expected
        for one in _list_of(p, agency.code, drops)
        if one.reason is not Reason.FORM_BESIDE
    ]


def _list_of(p: Pass, agency: str, drops: Drops) -> list[Astray]:
    if p.plan.blocked(agency):
        return []
    name = form_name(build_layout(p.plan, p.cycle.id, agency))
    found = list_astray(p.home.cycle_folder(agency, p.cycle.id), name)
    return [one for one in found if not _is_ours(drops.get((agency, one.key)), one)]


def _is_ours(known: tuple[str, str] | None, one: Astray) -> bool:
    if known is None:
        return one.reason is Reason.FORM_BESIDE  # laid there by hand: as it was given out, for all we know
    signature, sha256 = known
    if not sha256 or int(one.signature.partition(":")[0]) > MAX_OURS_BYTES:
        return False
    return signature == one.signature or _hash(one.path) == sha256


def _hash(path: Path) -> str:
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # gone since, or no file any more
        return ""


def _is_news(drops: Drops, agency: str, one: Astray) -> bool:
    """Not told yet as it is now; of the form, which changes with every saving, only once."""
    signature, sha256 = drops.get((agency, one.key), ("", "none"))
    return bool(sha256) or (one.reason is not Reason.FORM_BESIDE and signature != one.signature)


def _tell(p: Pass, agency: str, found: list[Astray], drops: Drops) -> None:
    facts = {"rows": [(one.key.removeprefix("../"), _WORDS[one.reason]) for one in found]}
    put_answer(p, agency, SLIP, write_slip("chua_nop", p, agency=agency, **facts).encode())
    recipients = find_contacts(p.plan, agency, ContactRole.OFFICER, p.local.date())
    subject, html, text = write_letter("chua_nop", p, agency=agency, **facts)
    news = [one for one in found if _is_news(drops, agency, one)]
    digest = hashlib.sha256("\n".join(f"{one.key} {one.signature}" for one in news).encode()).hexdigest()[:16]
    with p.store.write() as connection:
        for one in news:
            remember_drop(connection, p.cycle.id, agency, one.key, one.signature, "")
            facts_of_one = {"file": one.key, "reason": one.reason.value}
            record_action(connection, "file-astray", at=p.as_of, cycle=p.cycle.id, agency=agency, **facts_of_one)
        if recipients:
            message = Message(
                key=f"{p.cycle.id}/{agency}/chua_nop/{digest}",
                cycle=p.cycle.id,
                kind="chua_nop",
                agency=agency,
                recipients=recipients,
                subject=subject,
                html=html,
                text=text,
            )
            add_message(connection, message, at=p.as_of)
