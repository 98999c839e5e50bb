"""A mail server in memory: what it took, whom it refuses, when it is down."""

from __future__ import annotations

from collections.abc import Iterable

from kybaocao.stages.deliver_mail import PostponedError, Refusal, RefusedError
from kybaocao.store.outbox import Message


class Post:
    """Call it for a connection; `dead` addresses do not exist there, `is_down` lets nobody in.

    `busy` addresses are wanted later; what goes to one of `rejecting` is refused for its content. One that `breaks_off`
    does so at each message, before it says whether it takes it.
    """

    def __init__(self, dead: Iterable[str] = ()) -> None:
        self.dead, self.is_down, self.breaks_off = set(dead), False, False
        self.busy: set[str] = set()
        self.rejecting: set[str] = set()
        self.took: list[Message] = []

    def __call__(self) -> Post:
        if self.is_down:
            raise ConnectionRefusedError(111, "Connection refused")
        return self

    def send(self, message: Message) -> dict[str, Refusal]:
        everybody = message.envelope
        if self.breaks_off:
            raise ConnectionResetError(104, "Connection reset by peer")
        refusals = {address: Refusal(550, "5.1.1 unknown") for address in everybody if address in self.dead}
        refusals |= {address: Refusal(451, "4.2.1 busy") for address in everybody if address in self.busy}
        if len(refusals) == len(everybody):
            if self.busy.intersection(everybody):
                raise PostponedError("đều bận", refusals)
            raise RefusedError("không có ai nhận", refusals)
        if self.rejecting.intersection(everybody):
            raise RefusedError("554 5.7.1 content rejected")
        self.took.append(message)
        return refusals

    def letters_to(self, address: str) -> list[Message]:
        return [message for message in self.took if address in message.envelope]
