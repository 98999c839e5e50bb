"""Delivery notices (RFC 3464, RFC 6533) as mail servers send them: which mail, which recipient, what became of it.

Only parts that are written for machines are read: what people write in a subject or a text proves nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kybaocao.mail.mime_parts import MAILS, Fields, Mail, clean, read_blocks, scan_mail

MAX_REPORTS = 200  # recipients in one notice
MAX_MESSAGE_IDS = 20
MAX_ADDRESS = 200  # signs, as in the store

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_PARTS = (*MAILS, "text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_NAMES_ORIGINAL = re.compile(r"in-reply-to|(x-.*|original-)message-id|(x-.*|original-)envelope-id")
_IN_BRACKETS = re.compile(r"<([^<>\s]{3,180})>")
_XTEXT = re.compile(r"\+([0-9A-Fa-f]{2})")  # RFC 3461
_UTF_8_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")  # RFC 6533
_BETWEEN_ADDRESSES = re.compile(r"[\s<>,;\"]+")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")  # RFC 3463: class, subject, detail
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])")
# An address that is wrong, has moved or takes no mail.  Not 4 (ambiguous), 7 and 8 (the sender's address: ours).
_DEAD_DETAILS = (1, 2, 3, 6, 10)
_DEAD_CODES = (550, 551, 553)
_OTHER_CAUSES = re.compile(
    r"\b(?:spam|virus|malware|phish|polic|block|blacklist|dns[bw]l|rbl|reputation|banned|denied|dmarc|dkim|spf|relay"
    r"|authenticat|sender|content|quota|full\b|over.?quota|storage|too (?:large|big)|size|rate\b|limit|expired|time)",
    re.IGNORECASE,
)


class Fate(StrEnum):
    """What became of a mail at one address, as a notice reports it."""

    DEAD = "dead"  # the address is wrong for good
    FAILED = "failed"  # it was not delivered, for another reason
    DELAYED = "delayed"  # it is still being tried
    DELIVERED = "delivered"


@dataclass(frozen=True)
class RecipientReport:
    """What a notice reports about one recipient."""

    addresses: tuple[str, ...]  # of the same recipient, in small letters: as we wrote it, as the last server knew it
    fate: Fate
    text: str  # "5.1.1 smtp; 550 5.1.1 unknown user"


@dataclass(frozen=True)
class DeliveryNotice:
    """What a file says that may be a notice; no reports when it is none."""

    message_ids: tuple[str, ...]  # of the mail it is about, with angle brackets, the surest first
    reports: tuple[RecipientReport, ...]
    is_whole: bool  # False: the file may still be being copied


def read_notice(data: bytes) -> DeliveryNotice:
    """What a delivery notice reports. Takes any bytes; time and memory grow with their number, never faster."""
    mail = scan_mail(data)
    every = (block for part in mail.parts if part.kind in _STATUS_PARTS for block in read_blocks(part.content))
    blocks = list(itertools.islice(every, MAX_REPORTS))
    reports = [report for block in blocks if (report := _read_recipient(block))]
    message_ids = dict.fromkeys(_list_message_ids(mail, blocks))
    return DeliveryNotice(
        tuple(message_ids)[:MAX_MESSAGE_IDS], tuple(reports or _list_failed_recipients(mail.fields)), mail.is_whole
    )


def _list_message_ids(mail: Mail, blocks: Iterable[Fields]) -> Iterator[str]:
    """Every Message-ID by which the notice may name the mail it is about."""
    for part in mail.parts:
        if part.kind in _ORIGINAL_PARTS:
            for fields in itertools.islice(read_blocks(part.content), 1):
                for name, value in fields:
                    if name == "message-id" or _NAMES_ORIGINAL.fullmatch(name):
                        yield from _find_ids(value)
    for fields in (mail.fields, *blocks):
        for name, value in fields:
            if _NAMES_ORIGINAL.fullmatch(name):
                yield from _find_ids(value)
    for name, value in mail.fields:
        if name == "references":
            yield from reversed(list(_find_ids(value)))


def _find_ids(value: str) -> Iterator[str]:
    """ "<a@b>", also without brackets or encoded as an envelope's identifier."""
    value = _XTEXT.sub(_spell, value)
    found = _IN_BRACKETS.findall(value)
    if not found and "@" in value and len(value) <= 180 and _BETWEEN_ADDRESSES.search(value) is None:
        found = [value]
    return (f"<{one}>" for one in found)


def _read_recipient(block: Fields) -> RecipientReport | None:
    """The report of a block; None when it is about the mail as a whole."""
    said = dict(reversed(block))  # the first field of a name counts
    named = (said.get("original-recipient", ""), said.get("final-recipient", ""))
    addresses = tuple(dict.fromkeys(one for text in named for one in _read_address(text)))
    if not addresses:
        return None
    status, diagnosis = said.get("status", ""), said.get("diagnostic-code", "")
    fate = _judge(said.get("action", "").lower(), status, diagnosis)
    return RecipientReport(addresses, fate, f"{status} {diagnosis}".strip())


def _read_address(text: str) -> Iterator[str]:
    """ "rfc822; a@b", "utf-8; ă@b", "utf-8;\\x{103}@b" -> the address, also as it reads decoded."""
    address = text.rpartition(";")[2].strip().strip("<>").lower()
    for one in (address, _UTF_8_XTEXT.sub(_spell, address), _XTEXT.sub(_spell, address)):
        if "@" in one and len(one) <= MAX_ADDRESS:
            yield clean(one)


def _spell(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return clean(chr(number)).lower() if number < 0x110000 else ""


def _list_failed_recipients(fields: Fields) -> Iterator[RecipientReport]:
    """Of notices without a report for machines (older Exim, now and then Gmail): whom their header names."""
    values = (value for name, value in fields if name == "x-failed-recipients")
    named = dict.fromkeys(one.lower() for value in values for one in _BETWEEN_ADDRESSES.split(value) if "@" in one)
    for address in itertools.islice(named, MAX_REPORTS):
        if len(address) <= MAX_ADDRESS:
            yield RecipientReport((address,), Fate.FAILED, "")


def _judge(action: str, status: str, diagnosis: str) -> Fate:
    if action == "delayed":
        return Fate.DELAYED
    if action in ("delivered", "relayed", "expanded"):
        return Fate.DELIVERED
    if action != "failed" and status[:1] in ("2", "4"):  # an action that is missing or unknown
        return Fate.DELIVERED if status[:1] == "2" else Fate.DELAYED
    return Fate.DEAD if _is_address_dead(status, diagnosis) else Fate.FAILED


def _is_address_dead(status: str, diagnosis: str) -> bool:
    """Whether the address itself is wrong for good, rather than its mailbox full, a policy or our own server."""
    known = [_ENHANCED.search(text) for text in (status, diagnosis)]
    exact = next((one for one in known if one and one[2] != "0" and one.group(2, 3) != ("1", "0")), None)
    if exact is not None:
        kind, subject, detail = (int(group) for group in exact.groups())
        return kind == 5 and ((subject == 1 and detail in _DEAD_DETAILS) or (subject, detail) == (2, 1))
    code = _CODE.search(diagnosis)
    said_temporary = any(one and one[1] == "4" for one in known)
    is_refused = code is not None and int(code[1]) in _DEAD_CODES
    return is_refused and not said_temporary and _OTHER_CAUSES.search(diagnosis) is None
