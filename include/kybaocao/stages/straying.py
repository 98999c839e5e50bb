"""Telling an agency of files that were not handed in although they lie in its folder: a page, and one mail for each.

What we put there ourselves is known by its checksum: the form as it was given out, the marked copies.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from kybaocao.intake.astray import HERE, Astray, Reason, list_astray
from kybaocao.intake.inbox import open_plain
from kybaocao.mail.letters import write_letter, write_slip
from kybaocao.mail.recipients import find_contacts
from kybaocao.passes import Pass
from kybaocao.plan.model import ContactRole
from kybaocao.stages.answers import drop_answer, put_answer
from kybaocao.stages.opening import is_open
from kybaocao.store.arrivals import list_components, list_drops, remember_drop
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


def tell_of_astray_files(p: Pass) -> None:
    """A page with all that lies astray, a mail for what is new; the page goes when nothing is left to tell."""
    if not is_open(p):
        return
    known = _recall(p)
    for agency in p.plan.expected:
        found = _list_of(p, agency.code, known)
        news = [one for one in found if _is_news(known, agency.code, one)]
        gone = _list_told(known, agency.code) - {one.key for one in found}
        if news or gone:
            _tell(p, agency.code, found, news, gone)


class _Known(NamedTuple):
    """What was seen or written before."""

    # (agency, place) -> (signature, "" when the file is gone; SHA-256 of what we wrote there ourselves, or "")
    drops: Mapping[tuple[str, str], tuple[str, str]]
    received: frozenset[tuple[str, str]]  # (agency, SHA-256) of all that was handed in


def _recall(p: Pass) -> _Known:
    with p.store.read() as connection:
        received = frozenset((one.agency, one.sha256) for one in list_components(connection, p.cycle.id))
        return _Known(list_drops(connection, p.cycle.id), received)


def _list_told(known: _Known, agency: str) -> set[str]:
    """Places the agency was told of that were not seen to be mended."""
    return {
        place
        for (code, place), (signature, sha256) in known.drops.items()
        if code == agency and "/" in place and signature and not sha256
    }


def list_astray_places(p: Pass) -> list[str]:
    """For the operators: "X-04183/…/bm.xlsx nằm ngoài thư mục “nop”". Forms being filled in are nobody's worry."""
    known = _recall(p)
    return [
        f"{agency.code}/{p.cycle.id}/{one.key} {_WORDS[one.reason]}"
        for agency in p.plan.expected
        for one in _list_of(p, agency.code, known)
        if one.reason is not Reason.FORM_BESIDE
    ]


def _list_of(p: Pass, agency: str, known: _Known) -> list[Astray]:
    if p.plan.blocked(agency):
        return []
    name = p.plan.require_edition().name_form(agency, p.cycle.id)
    found = list_astray(p.home.cycle_folder(agency, p.cycle.id), name)
    return [one for one in found if not _is_settled(known, agency, one)]


def _is_settled(known: _Known, agency: str, one: Astray) -> bool:
    """Written by us, or a copy of what was handed in: nobody waits for it."""
    place = (agency, one.key)
    if one.reason is Reason.FORM_BESIDE and place not in known.drops:
        return True  # laid there by hand: as it was given out, for all we know
    if one.reason in (Reason.FOLDER, Reason.EMPTY) or int(one.signature.partition(":")[0]) > MAX_OURS_BYTES:
        return False
    sha256, ours = _hash(one.path), known.drops.get(place, ("", ""))[1]
    return (agency, sha256) in known.received or (ours != "" and sha256 == ours)


def _hash(path: Path) -> str:
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # gone since, or no file any more
        return ""


def _is_news(known: _Known, agency: str, one: Astray) -> bool:
    """Not told yet as it is now; of the form, which changes with every saving, only once."""
    signature, sha256 = known.drops.get((agency, one.key), ("", ""))
    is_told = bool(signature) and not sha256
    return not is_told or (one.reason is not Reason.FORM_BESIDE and signature != one.signature)


def _tell(p: Pass, agency: str, found: list[Astray], news: list[Astray], gone: set[str]) -> None:
    facts = {"rows": [(one.key.removeprefix("../").removeprefix(HERE), _WORDS[one.reason]) for one in found]}
    if found:
        put_answer(p, agency, SLIP, write_slip("chua_nop", p, agency=agency, **facts).encode())
    else:
        drop_answer(p, agency, SLIP)
    recipients = find_contacts(p.plan, agency, ContactRole.OFFICER, p.local.date())
    subject, html, text = write_letter("chua_nop", p, agency=agency, **facts)
    digest = hashlib.sha256("\n".join(f"{one.key} {one.signature}" for one in news).encode()).hexdigest()[:16]
    with p.store.write() as connection:
        for place in gone:
            remember_drop(connection, p.cycle.id, agency, place, "", "")
        for one in news:
            remember_drop(connection, p.cycle.id, agency, one.key, one.signature, "")
            facts_of_one = {"file": one.key, "reason": one.reason.value}
            record_action(connection, "file-astray", at=p.as_of, cycle=p.cycle.id, agency=agency, **facts_of_one)
        if news and recipients:
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
