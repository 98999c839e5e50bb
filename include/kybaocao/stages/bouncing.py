"""Mail that came back: notifications that an operator, or a mailbox rule, drops into `thu_bi_tra/`.

A notification counts when it is about an address that was written to; it is then put aside.  What cannot be
used stays where it is, and the operators are told.
"""

from __future__ import annotations

import os
from pathlib import Path

from kybaocao.mail.returned import read_returns
from kybaocao.passes import Pass
from kybaocao.stages.delivery import Refusal
from kybaocao.store.bounces import record_bounce
from kybaocao.store.outbox import list_addresses

LARGEST_BYTES = 2_000_000


def read_returned_mail(p: Pass) -> Pass:
    """Record every address that a notification says is dead; the pass as it is with what it has learnt."""
    files = list_returned_mail(p)
    if not files:
        return p
    with p.store.exclusive("thu-bi-tra"):
        for path in files:
            if path.is_file() and _record(p, path):
                done = path.parent / "da_xu_ly"
                done.mkdir(exist_ok=True)
                os.replace(path, done / path.name)
    return p.renewed()


def list_returned_mail(p: Pass) -> list[Path]:
    """What lies in the folder; links and folders are passed over."""
    return sorted(path for path in p.home.returned_mail.glob("*") if path.is_file() and not path.is_symlink())


def _record(p: Pass, path: Path) -> bool:
    """Whether the file was of use."""
    if path.stat().st_size > LARGEST_BYTES:
        return False
    returns = read_returns(path.read_bytes())
    with p.store.write() as connection:
        written_to = list_addresses(connection)
        known = [one for one in returns if one.address in written_to]
        for one in known:
            if Refusal(one.code, one.text).is_dead:
                by = f"thư báo trả {path.name}"
                record_bounce(connection, one.address, at=p.as_of, reason=one.text, reported_by=by)
    return bool(known)
