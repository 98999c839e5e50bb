"""A result against its target, drawn as one bar: how far it is, where the target lies, and the gap between them."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

WIDTH, HEIGHT = 240, 22
_TOP, _THICK = 5, 12


def draw_bar(
    value: Decimal | None, target: Decimal | None, *, words: str, tone: str, full: Decimal | None = None
) -> Markup:
    """`words`: for whoever does not see it; `tone`: good, bad or soft; `full`: where the scale ends at least.

    Nothing is drawn of a value or a target that is not known.
    """
    if value is None or target is None:
        return Markup("")
    low = min(value, target, Decimal(0))
    high = max(value, target, full or Decimal(0), Decimal(0))
    if high == low:
        high = low + 1

    def place(number: Decimal) -> float:
        return round(float((number - low) / (high - low)) * (WIDTH - 4) + 2, 1)

    start, end, mark = place(Decimal(0)), place(value), place(target)
    left, right = sorted((start, end))
    near, far = sorted((end, mark))
    return Markup(
        '<svg class="target" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'aria-label="{words}"><line class="axis" x1="{start}" y1="1" x2="{start}" y2="{bottom}"/>'
        '<rect class="bar {tone}" x="{left}" y="{top}" width="{length}" height="{thick}"/>'
        "{gap}"
        '<line class="mark" x1="{mark}" y1="1" x2="{mark}" y2="{bottom}"/></svg>'
    ).format(
        width=WIDTH,
        height=HEIGHT,
        words=words,
        start=start,
        bottom=HEIGHT - 1,
        tone=tone,
        left=left,
        top=_TOP,
        length=max(right - left, 1),
        thick=_THICK,
        mark=mark,
        gap=_draw_gap(near, far) if tone == "bad" else "",
    )


def _draw_gap(near: float, far: float) -> Markup:
    """Dashes, so that it is seen without colours, too."""
    return Markup('<rect class="gap" x="{}" y="{}" width="{}" height="{}"/>').format(
        near, _TOP, round(far - near, 1), _THICK
    )
