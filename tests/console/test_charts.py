"""The charts that the server draws."""

from __future__ import annotations

import re

from kybaocao.console.charts import Line, draw_arrivals


def test_the_name_of_the_deadline_stands_above_every_curve() -> None:
    """Whatever the counts are, and wherever in the season the deadline lies."""
    for day in (0.0, 12.0, 30.0):
        chart = draw_arrivals("t", [Line("n", [(0, 0), (12, 90), (30, 90)], "now")], (day, "Hạn nộp"), [])
        (label,) = re.findall(r'<text class="deadline"[^>]* y="([\d.]+)"', chart)
        heights = [float(y) for y in re.findall(r"V([\d.]+)", chart)]
        names = [float(y) for y in re.findall(r'<text class="now"[^>]* y="([\d.]+)"', chart)]
        assert float(label) + 4 < min(heights) and float(label) + 10 < min(names)
