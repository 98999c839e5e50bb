"""A mail server in memory: what it took, whom it refuses, when it is down."""

from __future__ import annotations

from collections.abc import Iterable

from kybaocao.stages.delivery import Refusal, RefusedError
from kybaocao.store.outbox import Message


class Post:
    """Call it for a connection; `dead` addresses do not exist there, `is_down` lets nobody in."""

    def __init__(self, dead: Iterable[str] = ()) -> None:
        self.dead, self.is_down = set(dead), False
        self.took: list[Message] = []

    def __call__(self) -> Post:
        if self.is_down:
            raise ConnectionRefusedError(111, "Connection refused")
        return self

    def send(self, message: Message) -> dict[str, Refusal]:
        everybody = message.envelope
        refusals = {address: Refusal(550, "5.1.1 unknown") for address in everybody if address in self.dead}
        if len(refusals) == len(everybody):
            raise RefusedError("không có ai nhận", refusals)
        self.took.append(message)
        return refusals

    def letters_to(self, address: str) -> list[Message]:
        return [message for message in self.took if address in (*message.recipients, *message.copies)]
