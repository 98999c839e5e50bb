"""What is dear to work out, kept until what it was worked out from is another."""

from __future__ import annotations

import ctypes
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The newest result for each key, with the mark that it belongs to; `most` keys are kept, those asked for last.

    One result is made at a time, for two at once would take twice the memory.  `is_large`: tens of megabytes pass
    through memory while one is made, which afterwards go back to the machine.
    """

    def __init__(self, most: int = 32, *, is_large: bool = False) -> None:
        self._most, self._is_large = most, is_large
        self._kept: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()
        self._making = threading.Lock()

    def recall(self, key: Hashable, make: Callable[[], T], mark: object = None) -> T:
        """What is known under `key` and `mark`; else what `make` gives. What never changes needs no mark."""
        with self._making:
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                return self._keep(key, mark, make(), is_new=True)
            return self._keep(key, *kept)

    def renew(self, key: Hashable, renew: Callable[[T | None], T]) -> T:
        """What `renew` makes of what is known under `key`, or of None: for what grows, and is read bit by bit."""
        with self._making:
            kept = self._kept.get(key)
            known = kept[1] if kept else None
            return self._keep(key, None, renew(known), is_new=known is None)

    def _keep(self, key: Hashable, mark: object, result: T, *, is_new: bool = False) -> T:
        self._kept[key] = (mark, result)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if is_new and self._is_large:
            give_back_freed()
        return result


def give_back_freed() -> None:
    """Let the machine have what this process has freed: the C library keeps up to 64 MB of it for each arena."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; others give back by themselves
    if trim is not None:
        trim(0)
