"""What becomes of every form in a program: read by the product from the file that the program wrote."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kybaocao.answers.reading import Key
from kybaocao.checks.judgement import Judgement
from kybaocao.findings import sends_back, word
from kybaocao.plan.verdict import Verdict
from tests.interchange.forms import Form, list_forms
from tests.interchange.programs import Cells, Job, Program


class Result(StrEnum):
    SAME = "same"  # accepted, with the same value in every field
    CORRECTED = "corrected"  # returned; accepted with the same values after the suggested fix, by the same program
    CHANGED = "changed"  # accepted, with other values
    REFUSED = "refused"  # and the suggested fix did not help
    FAILED = "failed"  # the program could not save it


class Outcome(NamedTuple):
    """One form in one program. `asked` are code, cell and suggested fix; `differing` the fields with other values."""

    program: str
    suffix: str
    form: Form
    result: Result
    asked: tuple[tuple[str, str, str], ...] = ()
    differing: tuple[Key, ...] = ()
    said: str = ""


forms = functools.cache(list_forms)


def read_values(judgement: Judgement) -> dict[Key, object]:
    """Every field that holds something."""
    return {key: answer.value for key, answer in judgement.answers.items() if answer.value is not None}


@functools.cache
def read_original(form: Form) -> Judgement:
    """Of the form as it was handed to the program; Excel would have typed the corrections, here openpyxl does."""
    from tests.interchange.programs import save_by_openpyxl

    return form.judge(save_by_openpyxl(form.data, form.cells) if form.cells else form.data)


def try_program(program: Program, tried: Sequence[Form]) -> list[Outcome]:
    """Every form saved by the program in each of its formats, judged, corrected where it was returned."""
    saved = _save(program, [Job(form.data, form.cells) for form in tried])
    outcomes = []
    for suffix, files in saved.items():
        found = [_weigh(program, suffix, form, data) for form, data in zip(tried, files, strict=True)]
        outcomes += _correct(program, suffix, found, files)
    return outcomes


def _save(program: Program, jobs: Sequence[Job]) -> dict[str, list[bytes | str]]:
    with tempfile.TemporaryDirectory() as folder:
        return program.save(jobs, Path(folder))


def _weigh(program: Program, suffix: str, form: Form, data: bytes | str) -> Outcome:
    if isinstance(data, str):
        return Outcome(program.name, suffix, form, Result.FAILED, said=data)
    judgement, wanted = form.judge(data), read_values(read_original(form))
    if judgement.verdict is not Verdict.ACCEPTED:
        back = [finding for finding in judgement.findings if sends_back(finding)]
        asked = tuple((one.code, f"{one.sheet}!{one.cell}" if one.cell else "", word(one).hint) for one in back)
        return Outcome(program.name, suffix, form, Result.REFUSED, asked)
    read = read_values(judgement)
    differing = tuple(sorted(key for key in read.keys() | wanted.keys() if read.get(key) != wanted.get(key)))
    return Outcome(program.name, suffix, form, Result.CHANGED if differing else Result.SAME, (), differing)


def _correct(program: Program, suffix: str, found: list[Outcome], files: Sequence[bytes | str]) -> Iterable[Outcome]:
    """The returned forms saved once more, with what was asked for typed into the cells that were named."""
    back = [
        place for place, one in enumerate(found) if one.result is Result.REFUSED and any(c for _, c, _ in one.asked)
    ]
    jobs = []
    for place in back:
        form, data = found[place].form, files[place]
        assert isinstance(data, bytes)
        jobs.append(Job(form.data, form.cells + _list_fixes(form, form.judge(data))))
    for place, data in zip(back, _save(program, jobs)[suffix] if jobs else [], strict=True):
        again = _weigh(program, suffix, found[place].form, data)
        result = Result.CORRECTED if again.result is Result.SAME else again.result
        found[place] = again._replace(result=result, asked=again.asked or found[place].asked)
    return found


def _list_fixes(form: Form, judgement: Judgement) -> Cells:
    """Into each cell that was named: what is proposed, as it is printed; else what the agency meant, typed."""
    meant = read_values(read_original(form))
    keys = {(answer.sheet, answer.cell): key for key, answer in judgement.answers.items()}
    return tuple(
        ((finding.sheet, finding.cell), finding.proposal or _type(meant.get(keys.get((finding.sheet, finding.cell)))))
        for finding in judgement.findings
        if sends_back(finding) and finding.cell
    )


def _type(value: object) -> object:
    """As somebody types it."""
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return "" if value is None else value
