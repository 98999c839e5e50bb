"""Mail that came back: reading a delivery status notification (RFC 3464) as mail servers send it."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import Message

_CODE = re.compile(r"\b([45]\d\d)\b")


@dataclass(frozen=True)
class Return:
    """What a notification says about one recipient."""

    address: str
    code: int  # 550; 450 for what is only late
    text: str  # "5.1.1 smtp; 550 5.1.1 unknown user"


def read_returns(data: bytes) -> list[Return]:
    """Every recipient whom a notification tells of; empty when the mail is no notification.

    Reads nothing but the machine-readable part: what people write in a subject proves nothing.
    """
    mail = email.message_from_bytes(data, policy=email.policy.compat32)
    found = []
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            found += [one for block in (blocks if isinstance(blocks, list) else []) if (one := _read_block(block))]
    return found


def _read_block(block: Message | str) -> Return | None:
    if isinstance(block, str):
        return None
    recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    address = recipient.rpartition(";")[2].strip().strip("<>").lower()
    if "@" not in address:
        return None  # the first block is about the message
    status, diagnosis = str(block.get("Status", "")).strip(), " ".join(str(block.get("Diagnostic-Code", "")).split())
    is_final = str(block.get("Action", "")).strip().lower() == "failed" and not status.startswith("4")
    code = _CODE.search(diagnosis)
    return Return(address, (int(code[1]) if code else 550) if is_final else 450, f"{status} {diagnosis}".strip())
