"""A cycle of thousands of agencies in a home of its own: what the pages are measured over.

write_large_home(Path("/tmp/large"), 3800)      then KYBAOCAO_HOME and KYBAOCAO_CONFIG are its `home` and `config`
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert

from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.tables import arrivals, issued_forms, passes, steps
from tests.conftest import CYCLE
from tests.small_plan import CONFIG

OPENED = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 12, 11, 1, tzinfo=dt.UTC)
FAULTS = (
    ("not-a-number", "Ô số ghi bằng chữ"),
    ("required", "Thiếu nội dung bắt buộc"),
    ("late-without-reason", "Nộp muộn chưa ghi lý do"),
)


def write_large_home(root: Path, count: int, seed: int = 1) -> None:
    """Nine in ten have submitted by 11/12/2026, a third of them after a file that went back."""
    folder = root / "config" / CONFIG.name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(CONFIG, folder)
    codes = _add_agencies(folder, count)
    home = Home(root / "home")
    home.root.mkdir()
    store = open_store(home)
    store.upgrade()
    random = Random(seed)
    files = [row for code in codes for row in _draw_files(random, code)]
    files.sort(key=lambda row: row["received_at"])
    with store.write() as connection:
        connection.execute(insert(issued_forms), [_issue(code) for code in codes])
        connection.execute(insert(arrivals), files)
        connection.execute(insert(steps), [_take(code, number) for code in codes for number in range(3)])
        moment = {"as_of": NOW, "begun_at": NOW, "ended_at": NOW}
        connection.execute(insert(passes).values(cycle=CYCLE, run="r", kind="manual", actor="x", **moment))


def _add_agencies(folder: Path, count: int) -> list[str]:
    path, contacts = folder / "co_quan.csv", folder / "lien_he.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    bound = [row["ma"] for row in rows if row["nghia_vu"] in ("phai_bao_cao", "moi_bao_cao")]
    added = [f"THU-{number:04d}" for number in range(count - len(bound))]
    with path.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0], lineterminator="\n", restval="")
        for code in added:
            name = f"Ủy ban nhân dân xã Thử nghiệm {code[4:]}"
            writer.writerow({"ma": code, "ten": name, "loai": "xa", "nghia_vu": "phai_bao_cao"})
    with contacts.open(encoding="utf-8", newline="") as handle:
        headings = next(csv.reader(handle))
    with contacts.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, headings, lineterminator="\n", restval="")
        for code in added:
            for role in ("dau_moi", "lanh_dao"):
                email = f"{role}.{code.lower()}@sonla.gov.example.vn"
                writer.writerow({"ma": code, "vai_tro": role, "ho_ten": f"Người {code}", "email": email})
    return bound + added


def _draw_files(random: Random, code: str) -> list[dict[str, Any]]:
    if random.random() < 0.1:
        return []
    at = OPENED + dt.timedelta(hours=random.uniform(24, 24 * 24.5))
    found, version = [], 1
    while random.random() < 0.33 and at < NOW:
        found.append(_arrive(random, code, version, at, is_accepted=False))
        version, at = version + 1, at + dt.timedelta(hours=random.uniform(1, 72))
    if at < NOW:
        found.append(_arrive(random, code, version, at, is_accepted=True))
    return found


def _arrive(random: Random, code: str, version: int, at: dt.datetime, *, is_accepted: bool) -> dict[str, Any]:
    answers = [
        [
            "nhiem_vu",
            f"III.{n}",
            "trang_thai",
            "Nhiệm vụ",
            f"D{n}",
            "",
            "t",
            random.choice(["Đã hoàn thành", "Không phát sinh"]),
        ]
        for n in range(200)
    ]
    if random.random() < 0.05:
        answers = [[*row[:7], "Không phát sinh"] for row in answers]
    answers.append(["xac_nhan", "ly_do_nop_muon", "gia_tri", "Xác nhận", "C9", "", "t", "Chờ số liệu của ngành dọc"])
    faults = random.sample(FAULTS, random.randint(1, 3))
    findings = [{"code": c, "title": t, "severity": "error", "sends_back": "yes"} for c, t in faults for _ in range(5)]
    return {
        "cycle": CYCLE,
        "agency": code,
        "component": "bieu_mau",
        "version": version,
        "file_name": f"Bao cao {code} {version}.xlsx",
        "sha256": f"{code}-{version}",
        "size_bytes": 30000,
        "received_at": at,
        "came_at": at,
        "verdict": "accepted" if is_accepted else "returned",
        "judged_at": at + dt.timedelta(minutes=1),
        "findings": "[]" if is_accepted else json.dumps(findings, ensure_ascii=False),
        "answers": json.dumps(answers, ensure_ascii=False) if is_accepted else "[]",
    }


def _issue(code: str) -> dict[str, Any]:
    return {"cycle": CYCLE, "agency": code, "edition": "1", "checksum": "", "path": "", "issued_at": OPENED}


def _take(code: str, number: int) -> dict[str, Any]:
    moment = OPENED + dt.timedelta(days=7 * number + 1)
    return {
        "cycle": CYCLE,
        "agency": code,
        "rung": f"nhac_lan_{number + 1}",
        "repetition": 0,
        "due_at": moment,
        "taken_at": moment,
        "state": "told",
    }
