"""Charts as SVG, drawn on the server: attributes only, because the pages allow no style of their own.

Each chart is preceded by a sentence with its figures, and has a title for who cannot see it.  Lines differ by their
dashes and carry their names, bars their numbers: nothing is shown by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from kybaocao.vietnamese import format_number

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 124, 28, 28  # above the curves: what the deadline's line is called
BAR, GAP, NAME = 22, 12, 160


@dataclass(frozen=True)
class Line:
    """`points`: (day from 0, count), rising in the first."""

    name: str
    points: Sequence[tuple[float, int]]
    kind: str  # class of the stylesheet: "now" or "before"


@dataclass(frozen=True)
class Bar:
    """One bar of parts: (class of the stylesheet, name, count, link)."""

    name: str
    parts: Sequence[tuple[str, str, int, str]]

    @property
    def total(self) -> int:
        return sum(count for _, _, count, _ in self.parts)


def draw_arrivals(
    title: str, lines: Sequence[Line], deadline: tuple[float, str], ticks: Sequence[tuple[float, str]]
) -> Markup:
    """Counts over the days of a season; the deadline is a line across. `ticks`: (day, date) below."""
    last = max([deadline[0], *(x for line in lines for x, _ in line.points), *(x for x, _ in ticks)], default=1) or 1
    most = max((y for line in lines for _, y in line.points), default=0) or 1
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return round(LEFT + wide * x / last, 1), round(TOP + high * (1 - y / most), 1)

    found = [_open(title, WIDTH, HEIGHT)]
    for share in (0, 0.5, 1):
        count = round(most * share)
        x, y = place(0, count)
        found.append(f'<line class="axis" x1="{x}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>')
        found.append(f'<text class="soft" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{format_number(count)}</text>')
    for day, name in ticks:
        x, _ = place(day, 0)
        found.append(f'<text class="soft" x="{x}" y="{HEIGHT - 8}" text-anchor="middle">{escape(name)}</text>')
    x, _ = place(deadline[0], 0)
    found.append(f'<line class="deadline" x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}"/>')
    found.append(f'<text class="deadline" x="{x}" y="{TOP - 14}" text-anchor="middle">{escape(deadline[1])}</text>')
    ends: list[float] = []
    for line in lines:
        if not line.points:
            continue
        placed = [place(x, y) for x, y in line.points]
        path = "M" + " H".join(f"{x} {y}" if not i else f"{x} V{y}" for i, (x, y) in enumerate(placed))
        found.append(f'<path class="line {line.kind}" d="{path}" fill="none"/>')
        x, y = placed[-1]
        y = next((y + step for step in (0, 14, -14, 28) if all(abs(y + step - other) >= 13 for other in ends)), y)
        ends.append(y)
        label = escape(f"{line.name}: {format_number(line.points[-1][1])}")
        found.append(f'<text class="{line.kind}" x="{x + 5}" y="{y + 4}">{label}</text>')
    return Markup("".join([*found, "</svg>"]))


def draw_bars(title: str, bars: Sequence[Bar]) -> Markup:
    """A bar of one length for each group, divided by share; each part carries its count and leads to its rows."""
    height = len(bars) * (BAR + GAP) + GAP
    wide = WIDTH - NAME - 60
    found = [_open(title, WIDTH, height)]
    for number, bar in enumerate(bars):
        y = GAP + number * (BAR + GAP)
        found.append(f'<text x="0" y="{y + BAR - 6}">{escape(bar.name)}</text>')
        x = float(NAME)
        for kind, name, count, href in bar.parts:
            if not count:
                continue
            width = wide * count / bar.total
            label = f"{bar.name}: {name} {format_number(count)}"
            inner = f'<rect class="part {kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
            if width >= 9 * len(str(count)) + 6:
                middle = f'x="{x + width / 2:.1f}" y="{y + BAR - 6}" text-anchor="middle"'
                inner += f'<text class="inside" {middle}>{format_number(count)}</text>'
            found.append(
                f'<a href="{escape(href)}" aria-label="{escape(label)}"><title>{escape(label)}</title>{inner}</a>'
            )
            x += width
        found.append(f'<text class="soft" x="{WIDTH - 52}" y="{y + BAR - 6}">{format_number(bar.total)}</text>')
    return Markup("".join([*found, "</svg>"]))


def _open(title: str, width: int, height: int) -> str:
    """With links inside it is no picture (`role="img"` would hide them)."""
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="group" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
    )
