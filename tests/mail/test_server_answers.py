"""A refusal is read from what the error of an SMTP client carries, whatever its class."""

from __future__ import annotations

from typing import Any

import pytest

from kybaocao.mail.server_answers import ServerAnswer, read_answer


def carry(**attributes: Any) -> OSError:
    error = OSError("said by a client")
    vars(error).update(attributes)
    return error


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"smtp_code": 554, "smtp_error": b"5.7.1 no"}, ServerAnswer(554, "5.7.1 no")),
        ({"smtp_code": 554, "smtp_error": "5.7.1\n no"}, ServerAnswer(554, "5.7.1 no")),
        (
            {"smtp_code": 530, "smtp_error": b"who?", "sender": "a@x.vn"},
            ServerAnswer(530, "who?", is_about_sender=True),
        ),
        (
            {"recipients": {"a@x.vn": (550, b"5.1.1 no\0body"), "b@x.vn": (451, b"busy")}},
            ServerAnswer(recipients={"a@x.vn": (550, "5.1.1 nobody"), "b@x.vn": (451, "busy")}),
        ),
    ],
    ids=["content", "text", "sender", "recipients"],
)
def test_an_answer_is_read_from_what_the_error_carries(attributes: dict[str, Any], expected: ServerAnswer) -> None:
    """The class of the error does not matter."""
    assert read_answer(carry(**attributes)) == expected


@pytest.mark.parametrize("error", [OSError(111, "refused"), TimeoutError("timed out"), ValueError("no address")])
def test_an_error_without_an_answer_is_none(error: Exception) -> None:
    """The server is gone, or was never reached."""
    assert read_answer(error) is None
