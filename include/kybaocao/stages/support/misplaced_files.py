"""Reporting to an agency the files that lie in its folder and were not handed in: on one page, and by mail once each.

What we put there ourselves is known by its checksum: the form as it was given out, the marked copies.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from kybaocao.home import INBOX
from kybaocao.inbox.archive import largest_kept, largest_taken
from kybaocao.inbox.misplaced import HERE, MisplacedFile, Reason, find_obstacle, has_patience, list_misplaced
from kybaocao.inbox.shared_folders import list_dropped, open_plain
from kybaocao.mail.letters import write_slip
from kybaocao.mail.messages import write_message
from kybaocao.plan.agencies import ContactRole
from kybaocao.plan.recipients import find_contacts
from kybaocao.stages.support.agency_folder import drop_answer, put_answer
from kybaocao.stages.support.form_issuing import is_open
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import add_message
from kybaocao.store.sightings import find_since, list_held_up
from kybaocao.store.submissions import list_drops, list_outlines, remember_drop
from kybaocao.vietnamese import format_number

SLIP = "Tep-chua-nop.html"
MAX_OURS_BYTES = 20 * 2**20  # what is larger was not written by us
WATCHED = "?"  # so began a signature where earlier versions of the system noted a file that could not be taken
MAX_ROWS = 50  # nobody reads more
_WORDS = {
    Reason.BESIDE: "nằm ngoài thư mục “nop”",
    Reason.FORM_BESIDE: "là biểu mẫu đã điền nhưng còn nằm ngoài thư mục “nop”",
    Reason.IN_REPLIES: "nằm trong thư mục “tra_loi”, nơi chỉ để hệ thống trả lời",
    Reason.EMPTY: "chưa có nội dung (0 byte), có thể chưa chép xong",
    Reason.UNFINISHED: "là tệp đang tải dở hoặc lối tắt (shortcut), không phải biểu mẫu",
    Reason.FOLDER: "là thư mục; hệ thống chỉ nhận tệp đặt trực tiếp trong “nop”",
    Reason.TOO_LARGE: "lớn hơn dung lượng nhận được (nhiều nhất {gioi_han} MB) nên không được sao chép; xin giảm dung "
    "lượng (ví dụ quét lại với độ phân giải 200 dpi) hoặc chia thành nhiều tệp rồi chép lại",
    Reason.CLOSED: "hệ thống không có quyền đọc; xin xóa tệp khỏi “nop” rồi chép lại, nếu vẫn vậy xin báo cán bộ "
    "hỗ trợ",
    Reason.GROWING: "vẫn đang được ghi nên chưa sao chép được; xin đóng tệp ở các máy đang mở, đợi chép xong, "
    "nếu đã chép xong thì xin chép lại",
    Reason.FAILED: "chưa sao chép được do lỗi của hệ thống; tổ vận hành đã được báo, lượt sau sẽ thử lại, "
    "Quý cơ quan không phải làm gì thêm",
}
_REPORTED_ONCE = (Reason.FORM_BESIDE, Reason.GROWING)  # and not again after each change


def report_misplaced_files(p: Pass) -> None:
    """Write a page with all misplaced files and a mail about new ones; delete the page when there are none."""
    if not is_open(p):
        return
    with p.store.exclusive(f"misplaced-{p.cycle.id}"):  # the page and what is recorded of it belong together
        known = _recall(p)
        for agency in p.plan.expected:
            found = _list_of(p, agency.code, known)
            news = [one for one in found if _is_news(known, agency.code, one)]
            gone = known.reported.get(agency.code, set()) - {one.key for one in found}
            if news or gone:
                _describe(p, agency.code, found, news, gone)


class _Known(NamedTuple):
    """What was seen or written before."""

    # (agency, place) -> (signature, "" when the file is gone; SHA-256 of what we wrote there ourselves, or "")
    drops: Mapping[tuple[str, str], tuple[str, str]]
    received: frozenset[tuple[str, str]]  # (agency, SHA-256) of all that was handed in
    untaken: Mapping[str, Mapping[str, dt.datetime]]  # agency -> file name -> since when it could not be taken
    reported: Mapping[str, set[str]]  # agency -> places that were reported to it and not seen in order since


def _recall(p: Pass) -> _Known:
    with p.store.read() as connection:
        drops = list_drops(connection, p.cycle.id)
        received = frozenset((one.agency, one.sha256) for one in list_outlines(connection, p.cycle.id))
        since = find_since(list_held_up(connection, p.cycle.id))
    untaken: dict[str, dict[str, dt.datetime]] = {}
    for (agency, name), at in since.items():
        untaken.setdefault(agency, {})[name] = at
    reported: dict[str, set[str]] = {}
    for (agency, place), (signature, sha256) in drops.items():
        if "/" in place and _is_reported(signature, sha256):
            reported.setdefault(agency, set()).add(place)
    return _Known(drops, received, untaken, reported)


def _is_reported(signature: str, sha256: str) -> bool:
    return bool(signature) and not sha256 and not signature.startswith(WATCHED)


def list_misplaced_locations(p: Pass) -> list[str]:
    """For the operators: "X-04183/…/bm.xlsx nằm ngoài thư mục “nop”". Forms that are being filled in are left out.

    What could not be taken for another reason than the agency's is in `untaken_files`.
    """
    known = _recall(p)
    return [
        f"{agency.code}/{p.cycle.id}/{one.key} {_say(p, one)}"
        for agency in p.plan.expected
        for one in _list_of(p, agency.code, known)
        if one.reason not in (Reason.FORM_BESIDE, Reason.CLOSED, Reason.GROWING, Reason.FAILED)
    ]


def _list_of(p: Pass, agency: str, known: _Known) -> list[MisplacedFile]:
    if p.plan.blocked(agency):
        return []
    name = p.plan.require_edition().name_form(agency, p.cycle.id)
    limit = largest_kept(p.plan.require_edition().attachments)
    found = list_misplaced(p.home.cycle_folder(agency, p.cycle.id), name, limit)
    beside = [one for one in found if not _is_settled(known, agency, one)]
    return [*beside, *_list_untaken(p, agency, known, limit)]


def _list_untaken(p: Pass, agency: str, known: _Known, limit: int) -> Iterator[MisplacedFile]:
    """Files of the inbox that no pass could take for so long that waiting does not help any more."""
    since = known.untaken.get(agency, {})
    for drop in list_dropped(p.home.inbox(agency, p.cycle.id)) if since else ():
        if drop.key not in since or drop.size_bytes > limit:
            continue
        if known.drops.get((agency, drop.key), ("", ""))[0] == drop.signature:
            continue  # taken since
        if not has_patience(p.as_of - since[drop.key]):
            yield MisplacedFile(f"{INBOX}/{drop.key}", find_obstacle(drop), drop.signature, drop.path)


def _say(p: Pass, one: MisplacedFile) -> str:
    most = largest_taken(p.plan.require_edition().attachments)
    return _WORDS[one.reason].format(gioi_han=most // 2**20)


def _is_settled(known: _Known, agency: str, one: MisplacedFile) -> bool:
    """Written by us, or a copy of what was handed in: nobody waits for it."""
    place = (agency, one.key)
    if one.reason is Reason.FORM_BESIDE and place not in known.drops:
        return True  # laid there by hand: as it was given out, for all we know
    if one.reason in (Reason.FOLDER, Reason.EMPTY, Reason.TOO_LARGE):
        return False
    if int(one.signature.partition(":")[0]) > MAX_OURS_BYTES:
        return False
    sha256, ours = _hash(one.path), known.drops.get(place, ("", ""))[1]
    return (agency, sha256) in known.received or (ours != "" and sha256 == ours)


def _hash(path: Path) -> str:
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # gone since, or no file any more
        return ""


def _is_news(known: _Known, agency: str, one: MisplacedFile) -> bool:
    """Whether it was not reported yet as it is now; the form, which changes with every saving, is reported once."""
    signature, sha256 = known.drops.get((agency, one.key), ("", ""))
    return not _is_reported(signature, sha256) or (one.reason not in _REPORTED_ONCE and signature != one.signature)


def _describe(p: Pass, agency: str, found: list[MisplacedFile], news: list[MisplacedFile], gone: set[str]) -> None:
    rows = [(one.key.removeprefix("../").removeprefix(HERE), _say(p, one)) for one in found[:MAX_ROWS]]
    if rest := found[MAX_ROWS:]:
        rows.append((f"… và {format_number(len(rest))} tệp khác", "như trên"))
    if found:
        put_answer(p, agency, SLIP, write_slip("chua_nop", p, agency=agency, rows=rows).encode())
    else:
        drop_answer(p, agency, SLIP)
    recipients = find_contacts(p.plan, agency, ContactRole.OFFICER, p.local.date())
    digest = hashlib.sha256("\n".join(f"{one.key} {one.signature}" for one in news).encode()).hexdigest()[:16]
    key = f"{p.cycle.id}/{agency}/chua_nop/{digest}"
    message = write_message("chua_nop", p, key=key, recipients=recipients, agency=agency, rows=rows)
    with p.store.write() as connection:
        for place in gone:
            remember_drop(connection, p.cycle.id, agency, place, "", "")
        for one in news:
            remember_drop(connection, p.cycle.id, agency, one.key, one.signature, "")
            facts_of_one = {"file": one.key, "reason": one.reason.value}
            record_action(connection, "file-astray", at=p.as_of, cycle=p.cycle.id, agency=agency, **facts_of_one)
        if news and recipients:
            add_message(connection, message, at=p.as_of)
