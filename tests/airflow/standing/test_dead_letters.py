"""A letter that somebody asks for again leaves by itself: nobody drops a file, nobody triggers a pass."""

from __future__ import annotations

import datetime as dt

import pytest

from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.stages.support.letters import redirect_letter, resend_letter
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import LetterState, Message, add_message, find_key, list_messages, mark_over
from tests.airflow.conftest import mails, wait_until
from tests.conftest import CYCLE

pytestmark = pytest.mark.airflow
SIGNED = {"by": "Lò Thị Hương", "reason": "máy chủ đã sửa bộ lọc"}


def refuse(live: Home, key: str, address: str) -> int:
    """A letter that the mail server refused for its content; its number."""
    at = dt.datetime.now(dt.UTC)
    message = Message(key, CYCLE, "thu_thu", (address,), "Thư thử", "<p>Kính gửi</p>", "Kính gửi")
    with open_store(live).write() as connection:
        add_message(connection, message, at=at)
        found = find_key(connection, key)
        assert found is not None
        mark_over(connection, found.id, LetterState.REFUSED, "554 5.7.1 content rejected")
        record_delivery(connection, message.message_id, address, AddressState.REFUSED, at=at, reply="554")
    return found.id


def states(live: Home) -> list[str]:
    with open_store(live).read() as connection:
        return [one.state for one in list_messages(connection, CYCLE) if one.message.kind == "thu_thu"]


def test_letters_decided_about_start_a_pass_and_leave(system: System, live: Home) -> None:
    """One sent again, one sent elsewhere."""
    wait_until("five announcements", lambda: len(mails(live, "mo_ky")) == 5, 180)
    first, second = (refuse(live, f"thu/{name}", f"{name}@sonla.example.vn") for name in ("a", "b"))
    p = Pass.begin(CYCLE, dt.datetime.now(dt.UTC), home=live)
    resend_letter(p, first, **SIGNED)
    redirect_letter(p, second, "moi@sonla.example.vn", **SIGNED)
    wait_until("both letters", lambda: len(mails(live, "thu_thu")) == 2, 180)
    wait_until("their records", lambda: states(live) == [LetterState.SENT, LetterState.WITHDRAWN, LetterState.SENT])
