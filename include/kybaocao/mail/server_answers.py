"""What a mail server answered when it refused: read from the attributes that the errors of SMTP clients carry.

The client belongs to the provider of Airflow.  Its errors are known here by what they carry, not by their classes:
`smtp_code` and `smtp_error` for the answer to a command, `sender` besides for the answer to MAIL FROM, and
`recipients` when nobody was taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Reply = tuple[int, str]  # code, text on one line


@dataclass(frozen=True)
class ServerAnswer:
    """One refusal: of the sender, of every recipient, or of anything else."""

    code: int = 0  # 0: each of `recipients` has a code of its own
    text: str = ""
    is_about_sender: bool = False
    recipients: dict[str, Reply] = field(default_factory=dict)


def read_answer(error: BaseException) -> ServerAnswer | None:
    """The answer that an error carries; None when it carries none: the server is gone, or was not reached."""
    recipients = getattr(error, "recipients", None)
    if isinstance(recipients, dict):
        return ServerAnswer(recipients={who: (code, read_text(text)) for who, (code, text) in recipients.items()})
    code = getattr(error, "smtp_code", None)
    if not isinstance(code, int):
        return None
    return ServerAnswer(code, read_text(getattr(error, "smtp_error", "")), hasattr(error, "sender"))


def read_text(text: bytes | str) -> str:
    """An answer on one line, without NUL, which PostgreSQL does not store."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(said.replace("\0", "").split())
