"""What a page asks of the store, counted."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event


def count_questions(client: TestClient, path: str) -> int:
    """Statements of one request, those of its transactions too."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200, path
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(asked)
