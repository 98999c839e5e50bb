"""Every stage of a pass over 90 and over 3,800 bodies of the national plan: seconds of CPU, exponent, peak memory.

A stage runs in a process of its own.  Where its work is a file or a form at a time (issuing, judging), what one costs is
measured with SAMPLE of them among all the others, so that a stage whose unit grows with the register is found out.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import multiprocessing
import os
import resource
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from kybaocao.answers.packing import pack_answers
from kybaocao.demo.figures import Filler
from kybaocao.embedded.system import REPOSITORY
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.plan.verdict import Verdict
from kybaocao.proof.comparison import prove_snapshot
from kybaocao.stages.aggregate import aggregate_returns, list_due
from kybaocao.stages.collect import collect_files
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.escalate import escalate_agencies
from kybaocao.stages.open_pass import open_pass
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.position_letter import write_position_letter
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.support.row_groups import RowBounds
from kybaocao.stages.validate import validate_agency
from kybaocao.store.database import open_store
from kybaocao.store.outbox import Message
from kybaocao.store.reports import load_newest_snapshot
from kybaocao.store.submissions import list_submissions, list_verdicts
from kybaocao.store.tables import arrivals, issued_forms
from tests.bench.national_plan import write_national_plan
from tests.checks.catalogue import judge_bytes
from tests.conftest import CYCLE

SIZES = (90, 3_800)
SAMPLE = 30
MOST_EXPONENT, MOST_MEGABYTES = 1.1, 500
OPENING, MIDDAY, OVERDUE, COMPILATION = (
    dt.datetime.fromisoformat(f"{day}+07:00")
    for day in ("2026-11-16T08:00", "2026-12-01T10:00", "2026-12-10T08:00", "2026-12-14T10:00")
)
Measured = dict[str, dict[str, float]]  # stage -> seconds, megabytes


def measure_scaling() -> dict[str, Any]:
    """CPU seconds and memory of each stage at both sizes, and the exponent between them."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split()] or list(SIZES)
    found = {size: _measure(size) for size in sizes}
    small, large = (found[size] for size in (sizes[0], sizes[-1]))
    wide = math.log(sizes[-1] / sizes[0])
    exponents = {
        stage: round(math.log(large[stage]["seconds"] / max(small[stage]["seconds"], 0.001)) / wide, 2)
        for stage in large
    }
    claims: list[dict[str, Any]] = [
        {"what": f"exponent of {stage}", "value": value, "at_most": MOST_EXPONENT} for stage, value in exponents.items()
    ]
    claims += [
        {"what": f"MB of {stage}", "value": one["megabytes"], "at_most": MOST_MEGABYTES} for stage, one in large.items()
    ]
    return {
        "what": f"each stage of a pass over {sizes[0]} and {sizes[-1]} agencies, without Airflow",
        "stages": {str(size): one for size, one in found.items()},
        "exponents": exponents,
        "claims": claims,
    }


def _measure(count: int) -> Measured:
    with tempfile.TemporaryDirectory(dir=make_folder()) as folder:
        root = Path(folder)
        codes = write_national_plan(root / "config", count)
        os.environ |= {"KYBAOCAO_CONFIG": str(root / "config"), "KYBAOCAO_HOME": str(root / "home")}
        os.environ.pop("KYBAOCAO_REPLAY", None)
        home = Home(root / "home")
        home.root.mkdir()
        open_store(home).upgrade()
        return _Played(home, codes).play()


def make_folder() -> Path:
    """Where benchmarks keep what they make."""
    folder = REPOSITORY / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class SilentPost:
    """A mail server that takes everything and keeps nothing."""

    def send(self, message: Message) -> None: ...


class _Played:
    """A season of one size, stage by stage."""

    def __init__(self, home: Home, codes: list[str]) -> None:
        self.home, self.codes = home, codes
        step = len(codes) // SAMPLE
        self.sample, self.found = codes[::step][:SAMPLE], Measured()

    def at(self, moment: dt.datetime) -> Pass:
        return Pass.begin(CYCLE, moment, is_replay=True, home=self.home)

    def play(self) -> Measured:
        self._issue()
        self._time("open_pass", lambda: open_pass(self.at(MIDDAY)))
        # The worst day of the ladder: nobody has submitted.
        self._time("list who is due", self._list_due)
        self._time("escalate", self._escalate)
        self._time("write reminders", lambda: self._write(OVERDUE))
        self._time("deliver_mail", lambda: deliver_mail(self.at(OVERDUE), SilentPost))
        self._drop_everything()
        self._time("collect", lambda: collect_files(self.at(MIDDAY)))
        self._accept_all_but_the_sample()
        self._time("validate", lambda: [validate_agency(self.at(MIDDAY), code) for code in self.sample], self._scale)
        self._time("aggregate", lambda: aggregate_returns(self.at(COMPILATION)))
        self._compile()
        shutil.rmtree(self.home.root)
        return self.found

    def _time(self, stage: str, work: Callable[[], object], scale: float = 1.0) -> None:
        seconds, megabytes = run_apart(work)
        self.found[stage] = {"seconds": round(seconds * scale, 3), "megabytes": megabytes}

    @property
    def _scale(self) -> float:
        return len(self.codes) / len(self.sample)

    def _issue(self) -> None:
        """Everybody has the form already but the sample."""
        day = OPENING - dt.timedelta(hours=1)
        rest = [code for code in self.codes if code not in set(self.sample)]
        row = {"cycle": CYCLE, "edition": "1", "checksum": "", "path": "", "issued_at": day}
        with open_store(self.home).write() as connection:
            connection.execute(insert(issued_forms), [row | {"agency": code} for code in rest])
        for code in self.codes:
            self.home.inbox(code, CYCLE).mkdir(parents=True)
        self._time("issue a form each", lambda: open_pass(self.at(OPENING)))

    def _drop_everything(self) -> None:
        """A file in every inbox: the sample's own forms, and for the others one form under as many checksums."""
        plan = find_plan(CYCLE)
        filler = Filler(2026)
        for code in self.sample:
            layout = build_layout(plan, CYCLE, code)
            (self.home.inbox(code, CYCLE) / "Bieu mau.xlsx").write_bytes(render_form(layout, filler.fill(layout)))
        layout = build_layout(plan, CYCLE, next(code for code in self.codes if code.startswith("X-")))
        model = render_form(layout, filler.fill(layout))
        answers = json.dumps(pack_answers(judge_bytes(model, layout.agency.code).answers), ensure_ascii=False)
        self.model = answers
        for code in self.codes:
            if code not in set(self.sample):
                (self.home.inbox(code, CYCLE) / "Bieu mau.xlsx").write_bytes(_mark(model, code))

    def _accept_all_but_the_sample(self) -> None:
        with open_store(self.home).write() as connection:
            values = {"verdict": Verdict.ACCEPTED, "judged_at": MIDDAY, "answers": self.model}
            connection.execute(update(arrivals).where(arrivals.c.agency.not_in(self.sample)).values(**values))

    def _compile(self) -> None:
        p = self.at(COMPILATION)
        number = aggregate_returns(p).snapshot
        self._time("compile_report", lambda: compile_report(self.at(COMPILATION), number, is_asked=True))
        self._time("prove the release", self._prove)

    def _prove(self) -> None:
        with open_store(self.home).read() as connection:
            snapshot = load_newest_snapshot(connection, CYCLE)
            submissions = list_submissions(connection, CYCLE)
        assert snapshot
        proof = prove_snapshot(find_plan(CYCLE), snapshot, submissions, self.home.archive)
        assert proof.is_equal

    def _list_due(self) -> list[str]:
        p = self.at(OVERDUE)
        with p.store.read() as connection:
            return list_due(p, list_verdicts(connection, CYCLE))

    def _escalate(self) -> None:
        p = self.at(OVERDUE)
        taken = sum(
            len(steps) for row in RowBounds().divide(self.codes) for steps in escalate_agencies(p, row).done.values()
        )
        assert taken >= len(self.codes)

    def _write(self, moment: dt.datetime) -> None:
        p = self.at(moment)
        write_reminder_letters(p)
        write_position_letter(p)


def run_apart(work: Callable[[], object]) -> tuple[float, int]:
    """CPU seconds of a work in a process of its own, its children included, and the most memory that one of them had.

    Raises RuntimeError when the work fails; its traceback is printed.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        begun = _read_usage()[0]
        work()
        seconds, kilobytes = _read_usage()
        sender.send((seconds - begun, kilobytes // 1024))

    process = context.Process(target=run)
    process.start()
    sender.close()
    try:
        found: tuple[float, int] = receiver.recv()
    except EOFError:
        raise RuntimeError("the work has failed") from None
    finally:
        process.join()
    return found


def _read_usage() -> tuple[float, int]:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both), max(one.ru_maxrss for one in both)


def _mark(workbook: bytes, text: str) -> bytes:
    """The same workbook with other bytes."""
    content = BytesIO(workbook)
    with zipfile.ZipFile(content, "a") as archive:
        archive.comment = text.encode()
    return content.getvalue()
