"""Mutated workbooks by the thousand: none may crash or hang the intake, none may be read wrong in silence.

    python -m tests.checks.mutations --count 10000 --seed 1 --workers 2

Every mutant is judged in the real sandbox.  The same seed and number always give the same file; `--keep DIR`
writes the files that failed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from kybaocao.answers.reading import Key
from kybaocao.checks.judgement import Judgement, judge
from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.sandbox import parse_limited
from tests.checks.catalogue import layout_of, the_plan
from tests.checks.mutants import AGENCIES, Mutant, is_same, share_strings, start
from tests.checks.mutated_cells import CELLS
from tests.checks.mutated_layouts import LAYOUTS
from tests.checks.mutated_packages import LAST, PACKAGES

if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook

MAX_SECONDS, MAX_MEGABYTES = 30.0, 512
KINDS = (*CELLS, *LAYOUTS, *PACKAGES)
SHARE_OF_SEVERAL = 0.15
# Findings about a whole row, column or table: they speak for every cell of it.
STRUCTURAL = {
    "row-missing",
    "row-code-changed",
    "row-unknown",
    "row-duplicated",
    "column-missing",
    "column-duplicated",
    "table-missing",
    "table-duplicated",
}


def make_mutant(seed: int, number: int) -> Mutant:
    """Every kind comes in turn; some mutants have several."""
    random = Random(f"{seed}/{number}")
    kinds = [KINDS[number % len(KINDS)]]
    if random.random() < SHARE_OF_SEVERAL:
        kinds += random.sample(KINDS, random.choice((1, 2, 3)))
    return mutate(random, kinds, number)


def mutate(random: Random, kinds: Iterable[str], number: int = 0, agency: str = "") -> Mutant:
    """A form with these mutations: cells first, then its layout, then its package."""
    chosen = sorted(dict.fromkeys(kinds), key=lambda kind: (kind in LAST, KINDS.index(kind)))
    draft = start(agency or random.choice(AGENCIES), random.random() < 0.6, random)
    if random.random() < 0.5:
        draft.steps.append(share_strings)
    for kind in chosen:
        if kind in PACKAGES:
            draft.steps.append(lambda data, change=PACKAGES[kind]: _try(change, data, random))  # type: ignore[misc]
        else:
            (CELLS | LAYOUTS)[kind](draft)
    data = draft.finish()
    return Mutant(number, tuple(chosen), draft.agency, data, draft.intended)


def _try(change: Callable[[bytes, Random], bytes], data: bytes, random: Random) -> bytes:
    """A change that does not fit what earlier ones left of a package leaves it as it is."""
    try:
        return change(data, random)
    except (KeyError, ValueError, IndexError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError):
        return data


# --- judging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    number: int
    kinds: tuple[str, ...]
    result: str  # accepted, returned, unreadable; or WRONG, CRASH, SLOW
    detail: str
    seconds: float
    codes: tuple[str, ...] = ()

    @property
    def is_failure(self) -> bool:
        return self.result.isupper()


def try_mutant(mutant: Mutant, parse: Callable[[bytes], PlainBook]) -> Outcome:
    """What became of one mutant."""
    begun = time.monotonic()

    def outcome(result: str, detail: str = "", codes: Iterable[str] = ()) -> Outcome:
        return Outcome(mutant.number, mutant.kinds, result, detail, time.monotonic() - begun, tuple(codes))

    try:
        judgement = judge(mutant.data, layout_of(mutant.agency), the_plan(), parse=parse)
        _ = judgement.worded
    except Exception:
        return outcome("CRASH", traceback.format_exc(limit=-3))
    codes = {finding.code for finding in judgement.findings}
    if wrong := list(find_wrong(judgement, mutant)):
        return outcome("WRONG", "; ".join(wrong[:3]), codes)
    if time.monotonic() - begun > MAX_SECONDS:
        return outcome("SLOW", "", codes)
    return outcome(judgement.verdict.value, "", codes)


def find_wrong(judgement: Judgement, mutant: Mutant) -> Iterator[str]:
    """Values that differ from what the file says, with no finding about it.

    Also in a file that goes back for another reason: with that corrected, the wrong number would be accepted.
    """
    if judgement.verdict is Verdict.UNREADABLE:
        return
    reported = {(finding.sheet, finding.cell) for finding in judgement.findings}
    sheets = {finding.sheet for finding in judgement.findings if finding.code in STRUCTURAL}
    for key in judgement.answers.keys() | mutant.intended.keys():
        answer = judgement.answers.get(key)
        read, intended = (answer.value if answer else None), mutant.intended.get(key)
        if (read is None and intended is None) or (intended is not None and is_same(read, intended)):
            continue
        if answer is None:
            is_reported = bool(sheets) or judgement.verdict is not Verdict.ACCEPTED
        else:
            is_reported = (answer.sheet, answer.cell) in reported or bool(sheets & {answer.sheet, ""})
        if not is_reported:
            yield f"{_name(key)} {answer.sheet + '!' + answer.cell if answer else '-'}: read {read!r}, is {intended!r}"


def _name(key: Key) -> str:
    return "/".join(key)


def parse_here(data: bytes) -> PlainBook:
    """The reader in this process, its exceptions reported like those of the sandbox."""
    from kybaocao.workbook.sandbox import SandboxError

    try:
        return parse_book(data)
    except Exception as error:
        raise SandboxError(type(error).__name__) from error


# --- thousands -------------------------------------------------------------------------------------------------------


def _work(task: tuple[int, int, str]) -> tuple[Outcome, int]:
    """In a worker: make, judge in the sandbox; the largest reader so far goes with the outcome."""
    seed, number, keep = task
    try:
        mutant = make_mutant(seed, number)
    except Exception:
        return Outcome(number, (KINDS[number % len(KINDS)],), "MAKING", traceback.format_exc(limit=-3), 0.0), 0
    outcome = try_mutant(mutant, parse_limited)
    if keep and outcome.is_failure:
        Path(keep).mkdir(parents=True, exist_ok=True)
        Path(keep, f"{number}_{'+'.join(mutant.kinds)[:100]}.xlsx").write_bytes(mutant.data)
    return outcome, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.checks.mutations")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", default="", help="folder for the files that failed")
    parser.add_argument("--json", default="", help="file for the table of outcomes")
    options = parser.parse_args()
    tasks = ((options.seed, number, options.keep) for number in range(options.count))
    table: dict[str, Counter[str]] = {}
    failures, slowest, peak = [], 0.0, 0
    with multiprocessing.get_context("spawn").Pool(options.workers, os.nice, (10,)) as pool:
        for outcome, megabytes in pool.imap_unordered(_work, tasks, chunksize=8):
            row = outcome.kinds[0] if len(outcome.kinds) == 1 else "several at once"
            table.setdefault(row, Counter())[outcome.result] += 1
            slowest, peak = max(slowest, outcome.seconds), max(peak, megabytes)
            if outcome.is_failure:
                failures.append(outcome)
                print(f"{outcome.number} {'+'.join(outcome.kinds)} {outcome.result}: {outcome.detail}", flush=True)
    results = sorted({result for row in table.values() for result in row}, key=lambda one: (one.isupper(), one))
    print(f"\n{'kind':40}" + "".join(f"{result:>12}" for result in results))
    for row in (*(kind for kind in KINDS if kind in table), "several at once"):
        print(f"{row:40}" + "".join(f"{table.get(row, {}).get(result, 0):12}" for result in results))
    total = sum(table.values(), Counter())
    print(f"{'all':40}" + "".join(f"{total[result]:12}" for result in results))
    print(f"slowest {slowest:.1f} s, largest reader {peak} MB, seed {options.seed}, {options.count} files")
    if options.json:
        Path(options.json).write_text(
            json.dumps(
                {
                    "seed": options.seed,
                    "files": options.count,
                    "total": total,
                    "by_kind": table,
                    "slowest_seconds": round(slowest, 2),
                    "largest_reader_mb": peak,
                    "failures": [[one.number, one.kinds, one.result, one.detail] for one in failures],
                },
                ensure_ascii=False,
                indent=1,
            )
        )
    return 1 if failures or peak > MAX_MEGABYTES else 0


if __name__ == "__main__":
    sys.exit(main())
