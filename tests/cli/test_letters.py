"""The commands about letters: what they print, and how they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kybaocao.cli import main
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import Message, add_message
from tests.conftest import CYCLE
from tests.post import Post

Begin = Callable[..., Pass]
A, NEW = "a@sonla.example.vn", "moi@sonla.example.vn"
SIGNED = ("--by", "Lò Thị Hương", "--reason", "văn thư báo đã sửa")


@pytest.fixture
def p(begin: Begin) -> Pass:
    """One letter that was refused for its content, and one that everybody has."""
    found, post = begin("2026-11-20T08:00"), Post()
    post.rejecting = {A}
    with found.store.write() as connection:
        for person in (A, "b@sonla.example.vn"):
            message = Message(f"k/{person}", CYCLE, "tra_lai", (person,), "Phiếu trả lại", "h", "t", agency="STP")
            add_message(connection, message, at=found.as_of)
    deliver_mail(found, post)
    return found


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """(exit status, what was printed)"""
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out + said.err


def test_dead_letters_are_listed_with_all_it_takes_to_decide(p: Pass, capsys: pytest.CaptureFixture[str]) -> None:
    """Number, kind, subject, recipients, state, attempts, last error; `--all` lists the others too."""
    status, text = run(capsys, "letters", "--cycle", CYCLE)
    listed = [len(json.loads(run(capsys, "letters", "--cycle", CYCLE, "--json", *more)[1])) for more in ([], ["--all"])]
    (letter,) = json.loads(run(capsys, "letters", "--cycle", CYCLE, "--json")[1])
    assert (status, listed) == (0, [1, 2])
    assert [said in text for said in ("Thư số 1 (tra_lai): Phiếu trả lại", "bị máy chủ từ chối", A, "554 5.7.1")] == (
        [True] * 4
    )
    found = {name: letter[name] for name in ("id", "kind", "subject", "recipients", "state", "attempts", "last_error")}
    assert found == {
        "id": 1,
        "kind": "tra_lai",
        "subject": "Phiếu trả lại",
        "recipients": [A],
        "state": "refused",
        "attempts": 1,
        "last_error": "554 5.7.1 content rejected",
    }
    assert letter["addresses"] == [
        {"address": A, "state": "refused", "reply": "554 5.7.1 content rejected", "letter": 1}
    ]


@pytest.mark.parametrize(
    ("command", "state"),
    [(["resend", "1"], "pending"), (["withdraw", "1"], "withdrawn"), (["redirect", "1", "--to", NEW], "pending")],
)
def test_a_decision_shows_the_letter_as_it_is_then(
    p: Pass, capsys: pytest.CaptureFixture[str], command: list[str], state: str
) -> None:
    """For a redirected one, the letter that is sent instead."""
    status, said = run(capsys, *command, *SIGNED, "--json")
    letter = json.loads(said)
    assert (status, letter["state"]) == (0, state)
    assert (letter["recipients"], bool(letter["next_attempt_at"])) == (
        [NEW] if command[0] == "redirect" else [A],
        state == "pending",
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["resend", "99", *SIGNED], "không có thư số 99"),
        (["resend", "2", *SIGNED], "đã được máy chủ của mọi người nhận tiếp nhận"),
        (["redirect", "1", "--to", "ai@gmail.com", *SIGNED], "không thuộc tên miền được phép"),
        (["withdraw", "1", "--by", " ", "--reason", "x"], "xin ghi họ tên"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    p: Pass, capsys: pytest.CaptureFixture[str], command: list[str], said: str
) -> None:
    """Exit status 2, nothing changed."""
    status, text = run(capsys, *command)
    assert (status, said in text, text.count("\n")) == (2, True, 1)
    assert json.loads(run(capsys, "letters", "--cycle", CYCLE, "--json")[1])[0]["state"] == "refused"
