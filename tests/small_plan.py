"""The province's own plan with only a few bodies bound to report, for tests that need a whole cycle quickly."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from pathlib import Path

CONFIG = Path(__file__).resolve().parents[1] / "include" / "config" / "nq02-2026"
KEPT = ("STC", "STP", "HHDN", "X-04183", "X-03664")


def write_small_plan(
    root: Path,
    kept: tuple[str, ...] = KEPT,
    today: dt.date | None = None,
    name: str = CONFIG.name,
    *,
    has_position_letter: bool = False,
) -> Path:
    """A configuration root holding the plan with `kept` as its only reporters.

    With `today` the year-end cycle is moved so that it opened yesterday and ends in three weeks.
    With `name` the plan, and each cycle of it, has that name instead of its own.
    The leaders' position letter is left out, unless `has_position_letter`: most tests count the other letters.
    """
    folder = root / name
    shutil.copytree(CONFIG, folder)
    if not has_position_letter:
        ladder = folder / "bac_thang.yaml"
        ladder.write_text(re.sub(r"(?m)^tinh_hinh:.*\n", "", ladder.read_text(encoding="utf-8")), encoding="utf-8")
    path = folder / "co_quan.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        if row["ma"] not in kept and row["nghia_vu"] in ("phai_bao_cao", "moi_bao_cao"):
            row["nghia_vu"] = "phoi_hop"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    if today is not None:
        _move_cycle(folder / "ky_bao_cao.yaml", today)
        _set_year(folder, today - dt.timedelta(days=5))
        contacts = folder / "lien_he.csv"
        contacts.write_text(contacts.read_text(encoding="utf-8").replace("2027-12-31", "2031-12-31"), encoding="utf-8")
    for path in (folder / "ke_hoach.yaml", folder / "ky_bao_cao.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace(CONFIG.name, name), encoding="utf-8")
    return root


def _move_cycle(path: Path, today: dt.date) -> None:
    days = {
        "ky_tu": -170,
        "ky_den": -5,
        "truoc_ngay_co_quan": 21,
        "truoc_ngay_so_tai_chinh": 28,
        "den_ngay_bo_tai_chinh": 38,
        "dong_ky": 60,
    }
    head, mark, tail = path.read_text(encoding="utf-8").partition("  - ma: nq02-2026-ky2")
    for key, shift in days.items():
        tail = re.sub(rf"({key}:) \d{{4}}-\d\d-\d\d", rf"\1 {today + dt.timedelta(days=shift)}", tail)
    for key, shift in {"mo_ky": -1, "tong_hop": 24}.items():
        tail = re.sub(rf"({key}: {{ngay:) \d{{4}}-\d\d-\d\d", rf"\1 {today + dt.timedelta(days=shift)}", tail)
    path.write_text(head + mark + tail, encoding="utf-8")


def _set_year(folder: Path, cut_off: dt.date) -> None:
    """The plan's year is that of the moved cycle, also in its names."""
    for path in (folder / "ke_hoach.yaml", folder / "ky_bao_cao.yaml"):
        text = re.sub(r"^nam: 2026$", f"nam: {cut_off.year}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text.replace("năm 2026", f"năm {cut_off.year}"), encoding="utf-8")
