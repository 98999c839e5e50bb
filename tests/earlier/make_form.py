"""Makes the filled form of edition 2026.2 that `tests/checks/test_earlier_edition.py` reads, with the code of e32ea56.

It imports the code it is run with, so it runs in a checkout of that commit and not with today's code:

    git worktree add /tmp/earlier e32ea56
    cd /tmp/earlier
    PYTHONPATH=include:. python THIS_REPOSITORY/tests/earlier/make_form.py THIS_REPOSITORY/tests/earlier/form-2026.2.xlsx
"""

from __future__ import annotations

import sys
from pathlib import Path

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import write_form
from kybaocao.plan.load import load_plan


def main() -> None:
    layout = build_layout(load_plan(Path("include/config/nq02-2026")), "nq02-2026-ky2", "STC")
    write_form(layout, Path(sys.argv[1]), Filler(7).fill(layout))


if __name__ == "__main__":
    main()
