"""What became of an action, carried over the answer "see there" to the page that is shown next, and shown once."""

from __future__ import annotations

import base64
from contextlib import suppress

from fastapi import HTTPException, Request, Response
from fastapi.responses import RedirectResponse

COOKIE = "kybaocao_ket_qua"
LONGEST = 800  # characters: a cookie holds 4 KB
REFUSED = 409


def show_outcome(page_link: str, root: str, text: str) -> RedirectResponse:
    """303 to the page; it says `text` at its head."""
    answer = RedirectResponse(page_link, 303)
    kept = base64.urlsafe_b64encode(text[:LONGEST].encode()).decode()
    answer.set_cookie(COOKIE, kept, max_age=60, path=root or "/", samesite="lax", httponly=True)
    return answer


def read_outcome(request: Request) -> str:
    """What the action before this page said; "" for none."""
    with suppress(ValueError):
        return base64.urlsafe_b64decode(request.cookies.get(COOKIE, "")).decode()[:LONGEST]
    return ""


def forget_outcome(answer: Response, root: str) -> None:
    answer.delete_cookie(COOKIE, path=root or "/")


def refuse(error: Exception) -> HTTPException:
    """An action that makes no sense (any more): why, and nothing was changed."""
    return HTTPException(REFUSED, str(error))


def read_reason(text: str) -> str:
    """The reason as it was typed. Raises HTTPException 422 for a blank one."""
    if not text.strip():
        raise HTTPException(422, "Xin ghi lý do: lý do được lưu vào nhật ký.")
    return text.strip()
