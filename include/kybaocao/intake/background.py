"""What was known before a return came: the agency's earlier figures and the explanations it gave for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Key = tuple[str, str, str]  # (table, row code, column)


@dataclass(frozen=True)
class Background:
    """`previous`: figures accepted in the previous cycle.

    `explained`: figures for which this agency has given an explanation before, in this cycle or the previous
    one: the same figure need not be explained twice.
    """

    previous: Mapping[Key, Decimal] = field(default_factory=dict)
    explained: Mapping[Key, frozenset[Decimal]] = field(default_factory=dict)

    def was_explained(self, key: Key, figure: Decimal) -> bool:
        return figure in self.explained.get(key, ())


NOTHING_KNOWN = Background()
