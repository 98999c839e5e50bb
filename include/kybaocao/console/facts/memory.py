"""What was worked out once, until what it was worked out from is another."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The newest result for each key, with the mark that it belongs to; `most` keys are kept."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable, mark: object, make: Callable[[], T]) -> T:
        """What is known under `key` and `mark`; else what `make` gives."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] == mark:
            return kept[1]
        made = make()
        with self._lock:
            self._kept[key] = (mark, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
