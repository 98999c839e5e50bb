"""Makes the home that `test_earlier_home.py` opens, with the code of commit 3b9f2fd (before the rooms were moved).

It imports the code it is run with, so it runs in a checkout of that commit and not with today's code:

    git worktree add /tmp/earlier 3b9f2fd
    cd /tmp/earlier
    PYTHONPATH=include:config:. python THIS_REPOSITORY/tests/earlier/make_home.py THIS_REPOSITORY/tests/earlier/home.tar.xz

The cycle of five bodies, up to a report version that waits for approval:

| body | what it handed in |
|---|---|
| STP | a form, accepted; a signed copy, accepted |
| X-04183 | a form, accepted |
| X-03664 | a form with an impossible figure, returned |
| STC | a form after the deadline with its reason, accepted |
| HHDN | nothing until the last pass; a form that no pass has collected yet |

Letters of the first passes were sent.  In the last pass the mail server was down: its letters wait, and among them is
the report to Sở Tài chính.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

OPENING, MIDDAY, OVERDUE, COMPILATION = "2026-11-16T08:00", "2026-12-01T10:00", "2026-12-10T08:00", "2026-12-14T10:00"
EXPLAINED = {"xac_nhan/ly_do_nop_muon/gia_tri": "Chờ số liệu của cơ quan thuế đến ngày 11/12"}


class Taking:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.took: list[str] = []

    def __call__(self) -> Taking:
        return self

    def send(self, message: Any) -> None:
        self.took.append(message.message_id)


def connect_to_nothing() -> Any:
    raise ConnectionRefusedError(111, "Connection refused")


class StoredZip(zipfile.ZipFile):
    """Workbooks and reports whose parts are not compressed: ten similar ones compress better as one archive."""

    def __init__(self, file: Any, mode: str = "r", compression: int = 0, *args: Any, **kwargs: Any) -> None:
        super().__init__(file, mode, zipfile.ZIP_STORED, *args, **kwargs)

    def writestr(self, info: Any, data: Any, *_: Any) -> None:
        super().writestr(info, data, zipfile.ZIP_STORED)

    def write(self, path: Any, name: Any = None, *_: Any) -> None:
        super().write(path, name, zipfile.ZIP_STORED)


def make(root: Path) -> list[str]:
    """Play the cycle below `root`; returns the Message-IDs that a server took."""
    zipfile.ZipFile = StoredZip  # before anybody imports it by name
    os.environ["KYBAOCAO_HOME"] = str(root / "home")
    os.environ.pop("KYBAOCAO_DB_URL", None)
    from tests.small_plan import write_small_plan

    os.environ["KYBAOCAO_CONFIG"] = str(write_small_plan(root / "config"))
    from kybaocao.intake import inbox
    from kybaocao.passes import Pass
    from kybaocao.report import charts, pdf
    from kybaocao.stages.run import run_pass

    from kybaocao.home import Home
    from tests.intake.companion_files import PDF
    from tests.stages import conftest

    charts._DPI = 40  # small files, no PDF
    pdf.find_converter = lambda: None
    inbox.SETTLE_SECONDS = 0.0
    home, server = Home.from_environment(), Taking()
    home.open_store().upgrade()

    def begin(moment: str) -> Any:
        return Pass.begin("nq02-2026-ky2", dt.datetime.fromisoformat(moment + "+07:00"), is_replay=True, home=home)

    def drop(p: Any, agency: str, seed: int, **changes: Any) -> None:
        path = conftest.drop(p, agency, seed=seed, **changes)
        os.utime(path, (whole := int(path.stat().st_mtime), whole))  # what an archive keeps exactly

    run_pass(begin(OPENING), connect=server)
    p = begin(MIDDAY)
    drop(p, "STP", 1)
    signed = home.inbox("STP", p.cycle.id) / "BC 125 (bản ký).pdf"
    signed.write_bytes(PDF)
    os.utime(signed, (whole := int(signed.stat().st_mtime), whole))
    drop(p, "X-04183", 2)
    drop(p, "X-03664", 3, **{"ty_le/T15/tu_so_luy_ke": 10**6})
    run_pass(p, connect=server)
    run_pass(begin(OVERDUE), connect=server)
    p = begin(COMPILATION)
    drop(p, "STC", 4, **EXPLAINED)
    run_pass(p, connect=connect_to_nothing)
    drop(p, "HHDN", 5, **EXPLAINED)
    return server.took


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "taken.json").write_text(json.dumps(make(root), indent=0), encoding="utf-8")
        with tarfile.open(sys.argv[1], "w:xz", format=tarfile.PAX_FORMAT, preset=9) as archive:
            for name in ("home", "config", "taken.json"):
                archive.add(root / name, name)


if __name__ == "__main__":
    main()
