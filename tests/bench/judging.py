"""Judging one workbook of 91 filled rows: what a user waits for, and the same work by pandera over openpyxl."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from kybaocao.checks.judgement import Judgement, judge
from kybaocao.demo.figures import Answers, Filler
from kybaocao.embedded.system import REPOSITORY
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.form.workbook import write_form
from kybaocao.marking.annotation import Heading, annotate_workbook
from kybaocao.plan.form_edition import Source
from kybaocao.plan.load import find_plan
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.guard import inspect
from kybaocao.workbook.parsing import parse_book
from tests.bench.pandera_peer import PanderaPeer

CYCLE = "nq02-2026-ky2"
AGENCY = "STC"  # Sở Tài chính: 61 printed rows, more than anybody else
OPEN_ROWS = 15  # in each of the two open tables; 61 + 2 × 15 = 91
ROUNDS, PEER_ROUNDS, COLD_ROUNDS = 100, 20, 7
PROCESS_ROUNDS = 30
AT_ONCE = 10  # rounds of which the best counts
FILES = ROUNDS  # of the same form, with other figures and other words: no round meets words it has seen before


def measure_judging() -> dict[str, Any]:
    """Alternating rounds; what a fresh process needs stands beside them."""
    files, layout, plan = workbooks(), build_layout(find_plan(CYCLE), CYCLE, AGENCY), find_plan(CYCLE)
    data = files[0]
    peer = PanderaPeer(layout)

    def judge_here(content: bytes) -> Judgement:
        return judge(content, layout, plan, parse=parse_book)

    def judge_through_sandbox(content: bytes) -> Judgement:
        return judge(content, layout, plan)

    for file in files:
        judgement = judge_here(file)
        rows = sum(len(codes) for codes in judgement.rows.values())
        assert (judgement.verdict, judgement.findings, rows) == (Verdict.ACCEPTED, (), 91)
        assert peer.judge(file) == []
    assert judge_through_sandbox(data) == judge_here(data)
    _prove_the_peer_sees_faults(peer, judge_here)
    works = {"judge": judge_through_sandbox, "openpyxl": read_in_a_process}
    whole = alternate(works, files, PROCESS_ROUNDS)
    inside = alternate({"judge": judge_here, "pandera": peer.judge}, files, PEER_ROUNDS)
    times_faster = inside["pandera"] / inside["judge"]
    return {
        "what": f"judging {rows} filled rows of {AGENCY}, {len(data)} bytes, through the sandbox"
        " / a process that starts Python, reads them with openpyxl and closes",
        "rounds": PROCESS_ROUNDS,
        "judge_through_sandbox_ms": in_ms(whole["judge"]),
        "openpyxl_process_ms": in_ms(whole["openpyxl"]),
        "ratio": round(whole["judge"] / whole["openpyxl"], 3),
        "limit": 0.5,
        "judge_ms": in_ms(inside["judge"]),
        "pandera_ms": in_ms(inside["pandera"]),
        "times_faster_than_pandera": round(times_faster, 1),
        "claims": [{"what": "times faster than pandera over openpyxl", "value": times_faster, "at_least": 5.0}],
        "cold_ms": {name: in_ms(value) for name, value in measure_cold(data).items()},
        "python": platform.python_version(),
    }


def measure_guard() -> dict[str, Any]:
    """What looking before opening costs, beside the reading it protects."""
    files = workbooks()
    assert [inspect(file) for file in files] == [None] * len(files)
    seconds = alternate({"guard": inspect, "parse": parse_book}, files, ROUNDS)
    return {
        "what": "guard.inspect of a normal file / parsing it",
        "guard_ms": in_ms(seconds["guard"]),
        "parse_ms": in_ms(seconds["parse"]),
        "ratio": round(seconds["guard"] / seconds["parse"], 4),
        "claims": [{"what": "milliseconds of the guard", "value": seconds["guard"] * 1000, "at_most": 10.0}],
    }


def measure_marking() -> dict[str, Any]:
    """The agency's own workbook back with its faults marked, against openpyxl that only opens and saves it."""
    data, _ = spoil()
    layout, plan = build_layout(find_plan(CYCLE), CYCLE, AGENCY), find_plan(CYCLE)
    findings = judge(data, layout, plan, parse=parse_book).worded
    heading = Heading("KẾT QUẢ KIỂM TRA BÁO CÁO", (layout.agency.name,))

    def mark(content: bytes) -> None:
        assert annotate_workbook(content, findings, heading) is not None

    def save(content: bytes) -> None:
        load_workbook(io.BytesIO(content)).save(io.BytesIO())

    seconds = alternate({"mark": mark, "openpyxl": save}, (data,), ROUNDS // 2)
    return {
        "what": f"marking {len(findings)} findings in a workbook of {AGENCY} / openpyxl opening and saving it",
        "marking_ms": in_ms(seconds["mark"]),
        "openpyxl_ms": in_ms(seconds["openpyxl"]),
        "ratio": round(seconds["mark"] / seconds["openpyxl"], 3),
        "limit": 0.5,
    }


_READ_WITH_OPENPYXL = """
import io, sys, openpyxl
book = openpyxl.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
for sheet in book:
    for row in sheet.iter_rows(values_only=True):
        pass
book.close()
"""


def read_in_a_process(data: bytes) -> None:
    """What a script of a few lines does: start, read every cell, judge nothing."""
    subprocess.run([sys.executable, "-c", _READ_WITH_OPENPYXL], input=data, check=True)


def alternate(works: Mapping[str, Callable[[bytes], object]], files: Sequence[bytes], rounds: int) -> dict[str, float]:
    """Seconds of each, taken in turns: the best of every ten rounds, and of these the median.

    The best, as in timeit: what is slower was held up by others on the machine, who share its caches.  The files
    change from round to round: what was remembered of the words of one does not help with the next.  The
    collector rests while the clock runs, as in timeit: it would walk what the peers imported.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work(files[0])
    gc.collect()
    for number in range(rounds):
        for name, work in works.items():
            gc.disable()
            begun = time.perf_counter()
            work(files[number % len(files)])
            taken[name].append(time.perf_counter() - begun)
            gc.enable()
    return {name: statistics.median(map(min, _batch(values))) for name, values in taken.items()}


def _batch(values: Sequence[float]) -> Iterator[Sequence[float]]:
    return (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))


def in_ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


# --- the workbook ----------------------------------------------------------------------------------------------


def fill(layout: FormLayout, seed: int = 1) -> Answers:
    """Valid answers in every printed row and in OPEN_ROWS rows of each open table."""
    answers = Filler(seed).fill(layout)
    for table in layout.tables:
        if table.table.source is not Source.OPEN:
            continue
        for key in [key for key in answers if key[0] == table.table.id]:
            del answers[key]
        answers[(table.table.id, "", "khai_bao")] = layout.edition.words.yes
        for number in range(1, OPEN_ROWS + 1):
            for column in table.table.answers:
                answers[(table.table.id, str(number), column.id)] = _invent(
                    column.id, column.choices, seed * 1000 + number
                )
    return answers


def _invent(column: str, choices: tuple[str, ...], number: int) -> object:
    if choices:
        return choices[number % len(choices)]
    if column == "ngay":
        return dt.date(2026, 7, 1) + dt.timedelta(days=number % 100)
    return {"so_ky_hieu": f"{100 + number}/KH-STC", "nhiem_vu": "III.2.4.a"}.get(
        column, f"Nội dung thứ {number}: hạ tầng mạng tại một số bản vùng cao chưa ổn định, ảnh hưởng nộp hồ sơ"
    )


def draw(answers: Answers) -> bytes:
    """The form with as many blank rows as are filled; its identity stays the agency's own."""
    layout = build_layout(find_plan(CYCLE), CYCLE, AGENCY)
    tables = tuple(
        dataclasses.replace(one, table=one.table.model_copy(update={"blank_rows": OPEN_ROWS}))
        if one.table.source is Source.OPEN
        else one
        for one in layout.tables
    )
    with tempfile.TemporaryDirectory() as folder:
        return write_form(dataclasses.replace(layout, tables=tables), Path(folder) / "a.xlsx", answers).read_bytes()


@cache
def workbooks() -> tuple[bytes, ...]:
    layout = build_layout(find_plan(CYCLE), CYCLE, AGENCY)
    return tuple(draw(fill(layout, seed)) for seed in range(1, FILES + 1))


@cache
def spoil() -> tuple[bytes, frozenset[str]]:
    """A workbook with five faults, one of each kind of check, and the rows they are in."""
    answers = fill(build_layout(find_plan(CYCLE), CYCLE, AGENCY))
    ratio = next(row for table, row, column in answers if table == "ty_le" and column == "tu_so_luy_ke")
    answers[("ty_le", ratio, "tu_so_luy_ke")] = 10**7
    answers[("so_luong", "T02", "thuc_hien")] = 0.5
    answers[("tang_truong", "T07", "nam_nay")] = 1
    answers[("van_ban", "3", "ngay")] = dt.date(1999, 1, 1)
    answers.pop(("vuong_mac", "2", "muc"))
    return draw(answers), frozenset((ratio, "T02", "T07", "3", "2"))


def _prove_the_peer_sees_faults(peer: PanderaPeer, judge_here: Callable[[bytes], Judgement]) -> None:
    """A peer that sees nothing would be fast for nothing."""
    spoilt, wanted = spoil()
    ours = {finding.facts.get("dong", "") for finding in judge_here(spoilt).findings}
    theirs = {row for _, row, _ in peer.judge(spoilt)}
    assert wanted <= ours and wanted <= theirs, (ours, theirs)


# --- the first file of a process -------------------------------------------------------------------------------


def measure_cold(data: bytes) -> dict[str, float]:
    """Medians over fresh processes that judge: becoming ready (imports, plan), the first file, the second."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "include")))}
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(data)
        file.flush()
        command = [sys.executable, "-m", "tests.bench.cold", file.name]
        runs = [
            json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
            for _ in range(COLD_ROUNDS)
        ]
    steps = ("ready", "first_file", "second_file")
    return {step: statistics.median(values) for step, values in zip(steps, zip(*runs, strict=True), strict=True)}
