"""What is dear to work out, kept until what it was worked out from is another."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The newest result for each key, with the mark that it belongs to; `most` keys are kept, those asked for last.

    One result is made at a time, for two at once would take twice the memory.
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()
        self._making = threading.Lock()

    def recall(self, key: Hashable, make: Callable[[], T], mark: object = None) -> T:
        """What is known under `key` and `mark`; else what `make` gives. What never changes needs no mark."""
        with self._making:
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                kept = self._kept[key] = (mark, make())
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return kept[1]
