"""What a fresh process needs for its first file: nothing is imported here that the work does not need.

`python -m tests.bench.cold FILE` prints JSON: seconds to become ready (imports, plan), for the first file, for the second.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def prepare() -> Callable[[bytes], object]:
    """Judging with the plan read; what is learnt once for each form is still to be learnt."""
    from kybaocao.checks.judgement import judge
    from kybaocao.form.layout import build_layout
    from kybaocao.plan.load import find_plan
    from kybaocao.workbook.parsing import parse_book

    plan = find_plan("nq02-2026-ky2")
    layout = build_layout(plan, "nq02-2026-ky2", "STC")
    return lambda data: judge(data, layout, plan, parse=parse_book)


if __name__ == "__main__":
    moments = [time.perf_counter()]
    judge_file = prepare()
    moments.append(time.perf_counter())
    content = Path(sys.argv[1]).read_bytes()
    for _ in range(2):
        judge_file(content)
        moments.append(time.perf_counter())
    print(json.dumps([end - begun for begun, end in itertools.pairwise(moments)]))
