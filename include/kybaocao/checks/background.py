"""What was known before a submission came: the agency's earlier figures and the explanations it gave for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from kybaocao.form.layout import FormLayout

Key = tuple[str, str, str]  # (table, row code, column)
Figures = tuple[Decimal, ...]


@dataclass(frozen=True)
class Background:
    """`previous`: figures accepted in the previous cycle.

    `explained`: figures for which this agency has answered a warning before, in this cycle or the previous one,
    by the warning's code and cell; a share is two figures.  The same need not be explained twice.

    `entered_by`: who typed the previous figures from paper reports; "" when the agency handed them in itself.
    """

    previous: Mapping[Key, Decimal] = field(default_factory=dict)
    explained: Mapping[tuple[str, Key], frozenset[Figures]] = field(default_factory=dict)
    entered_by: str = ""

    def was_explained(self, code: str, key: Key, figures: Figures) -> bool:
        return figures in self.explained.get((code, key), ())

    def readdress(self, layout: FormLayout) -> Background:
        """The same by the keys of `layout`."""
        previous = {layout.readdress(*key): figure for key, figure in self.previous.items()}
        explained = {(code, layout.readdress(*key)): known for (code, key), known in self.explained.items()}
        return replace(self, previous=previous, explained=explained)


NOTHING_KNOWN = Background()


def describe_typist(name: str, source: str) -> dict[str, str]:
    """Facts for a finding that rests on what `name` typed from paper; none when nobody did.

    `source` is "nhap_so" for figures and "nhap_loi_van" for texts.
    """
    return {"nguon_ky_truoc": source, "phan_anh": source, "noi_nhap": name} if name else {}
