"""What many seasons share: the plan, a mail server, engines, and a process that has everything loaded."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from pathlib import Path

from tests.conftest import CYCLE
from tests.faults import work
from tests.faults.engines import SQLITE, Database, Engines
from tests.faults.files import render
from tests.faults.mail_server import HOST, MailServer
from tests.faults.story import FAULTY, FIRST_DECISION, GOOD, REPORT, Drop, make_story
from tests.small_plan import KEPT


class Theatre:
    """What many seasons share: the plan, a mail server, engines."""

    def __init__(self, root: Path, config: Path, engines: Engines) -> None:
        self.root, self.config, self.engines = root, config, engines
        self.server = MailServer(root / "mail")
        with (config / "nq02-2026" / "lien_he.csv").open(encoding="utf-8", newline="") as handle:
            self.contacts = list(csv.DictReader(handle))
        people = (config / "nq02-2026" / "nguoi_nhan.yaml").read_text(encoding="utf-8")
        self.allowed = frozenset(
            {row["email"].lower() for row in self.contacts if row["ma"] in KEPT}
            | set(re.findall(r"email: ([^,}]+)", people))
        )

    def find_officer(self, code: str) -> str:
        """The officer's address of the agency whose code looks like that."""
        plain = code.lower().replace("-", "")
        return next(
            (
                r["email"]
                for r in self.contacts
                if r["ma"].lower().replace("-", "") == plain and r["vai_tro"] == "dau_moi"
            ),
            "",
        )

    def close(self) -> None:
        self.server.stop()


def make_environment(theatre: Theatre, home: Path, database: Database) -> dict[str, str]:
    return {
        "KYBAOCAO_HOME": str(home),
        "KYBAOCAO_CONFIG": str(theatre.config),
        "AIRFLOW_CONN_KYBAOCAO_SMTP": _connection(theatre.server.port),
        **database.environment,
    }


def warm_up(theatre: Theatre, home: Path) -> None:
    """Load what a season needs into this process, so that the processes forked from it have it already."""
    database = theatre.engines.make(SQLITE, home)
    environment = make_environment(theatre, home, database)
    kept = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    story = make_story(1)
    try:
        for place in (0, 1, REPORT):
            if place == 1:
                for drop in (Drop(agency, "a.xlsx", FAULTY if agency == "STP" else GOOD, 1) for agency in KEPT):
                    inbox = home / "shared" / drop.agency / CYCLE / "nop"
                    (inbox / drop.name).write_bytes(render(drop, theatre.config))
            work.make_pass(story.moments[place].at)()
        work.make_decision(story.moments[FIRST_DECISION].at, 1, is_approved=True)()
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        database.drop()
        shutil.rmtree(home, ignore_errors=True)


def _connection(port: int) -> str:
    extra = {
        "from_email": "ky-bao-cao@sonla.example.vn",
        "disable_tls": True,
        "disable_ssl": True,
        "retry_limit": 0,
        "timeout": 1,
    }
    return json.dumps({"conn_type": "smtp", "host": HOST, "port": port, "extra": extra})
