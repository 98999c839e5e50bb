"""Loading a plan folder: every file judged, every mistake located, only what depends on it stopped.

    plan = load_plan(Path("include/config/nq02-2026"))
    plan.problems            -> what is wrong, for the operators
    plan.require_ladder()    -> Ladder, or PlanError naming the problems
    plan_in_force(folder)    -> the same, or the last plan without a mistake while this one has some (see `last_good`)

A folder holds: ke_hoach.yaml co_quan.csv lien_he.csv nhiem_vu.yaml nghia_vu.yaml chi_tieu.yaml
ky_bao_cao.yaml lich.yaml bac_thang.yaml nguoi_nhan.yaml bieu_mau.yaml bao_cao.yaml, dieu_chinh.yaml once
something was decided that changes a duty, cong_van.yaml when a step of the ladder drafts a
công văn, ten_cu.csv for names that agencies had before, bieu_mau_cu.yaml for editions of the form that were handed
out before the one in bieu_mau.yaml, and theo_doi.yaml for accounts that see only some agencies in the console.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from kybaocao.home import Home
from kybaocao.plan.adjustments import KEYS, Adjustment, Adjustments
from kybaocao.plan.agencies import Agency, Contact, FormerName
from kybaocao.plan.contradictions import ADJUSTMENTS, EARLIER_FORMS, find_unusable_reminder_steps, settle_plan
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.days_off import WorkingCalendar
from kybaocao.plan.entry import Entry
from kybaocao.plan.form_edition import Edition
from kybaocao.plan.header import Header
from kybaocao.plan.last_good import Kept, find_kept, list_refused
from kybaocao.plan.official_letter_wording import OfficialLetterWording
from kybaocao.plan.people import Recipients
from kybaocao.plan.plan import Plan, PlanError, Refusal
from kybaocao.plan.reminder_steps import Ladder
from kybaocao.plan.report_wording import ReportWording
from kybaocao.plan.targets import Indicator
from kybaocao.plan.tasks import Task
from kybaocao.plan.watching import FILE as WATCHING
from kybaocao.plan.watching import Watching
from kybaocao.yaml_source import Problem, Source, SourceError, SourceLines, problems_of, read_csv, read_yaml

T = TypeVar("T", bound=Entry)
Signature = tuple[tuple[str, int, int], ...]

HEADER = "ke_hoach.yaml"
FILES = (
    HEADER,
    "co_quan.csv",
    "lien_he.csv",
    "nhiem_vu.yaml",
    "nghia_vu.yaml",
    "chi_tieu.yaml",
    "ky_bao_cao.yaml",
    "lich.yaml",
    "bac_thang.yaml",
    "nguoi_nhan.yaml",
    "bieu_mau.yaml",
    "bao_cao.yaml",
)
OFFICIAL_LETTERS = "cong_van.yaml"
FORMER_NAMES = "ten_cu.csv"
_SUBMISSION = re.compile(rb"^trinh_ubnd_tinh:", re.MULTILINE)
OPTIONAL = (ADJUSTMENTS, OFFICIAL_LETTERS, FORMER_NAMES, EARLIER_FORMS, WATCHING)


def config_root() -> Path:
    """The folder that holds one folder per plan; KYBAOCAO_CONFIG selects another."""
    chosen = os.environ.get("KYBAOCAO_CONFIG")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "config"


def list_plan_folders(root: Path | None = None) -> list[Path]:
    root = root or config_root()
    return sorted(path.parent for path in root.glob(f"*/{HEADER}"))


def load_cycles(folder: Path) -> tuple[list[Cycle], list[Problem]]:
    """Only the cycle list: what a DAG file may read at parse time."""
    return _load_cycles_cached(folder.resolve(), _signature(folder, ("ky_bao_cao.yaml",)))


@functools.lru_cache(maxsize=32)
def _load_cycles_cached(folder: Path, _signature: Signature) -> tuple[list[Cycle], list[Problem]]:
    found = _Ledger([], SourceLines())
    cycles = _load_list(folder / "ky_bao_cao.yaml", "ky_bao_cao", Cycle, "ma", found)
    return cycles, found.problems


def cycles_in_force(folder: Path) -> tuple[list[Cycle], list[str]]:
    """The cycles of a plan, and what is wrong with its configuration, for a DAG file: only small files are read."""
    cycles, problems = load_cycles(folder)
    data = Home.from_environment().root
    if problems and (kept := find_kept(data, folder.name)):
        cycles = load_cycles(kept.folder)[0]
    return cycles, list_refused(data, folder.name) or [str(problem) for problem in problems]


def has_submission(folder: Path) -> bool:
    """Whether the coordinator of a plan reports to UBND tỉnh first, for a DAG file.

    Only the key is looked for, at the start of a line: reading the whole wording takes too long for every parse.
    """
    kept = find_kept(Home.from_environment().root, folder.name) if load_cycles(folder)[1] else None
    try:
        text = ((kept.folder if kept else folder) / "bao_cao.yaml").read_bytes()
    except OSError:
        return False
    return _SUBMISSION.search(text) is not None


def load_plan(folder: Path) -> Plan:
    """The plan of one folder, from memory when no file has changed since it was last read.

    Raises SourceError when ke_hoach.yaml itself cannot be used: without it there is no plan.
    """
    return _load_cached(folder.resolve(), _signature(folder))


def plan_in_force(folder: Path, home: Home | None = None) -> Plan:
    """The plan of a folder; while it has any mistake, the last one of that folder that had none.

    Without such a one the plan as far as it can be used.  Raises SourceError when there is none at all.
    """
    try:
        plan: Plan | None = load_plan(folder)
        problems = plan.problems if plan is not None else ()
    except SourceError as error:
        plan, problems = None, (error.problem,)
    if plan is not None and not problems:
        return plan
    kept = find_kept((home or Home.from_environment()).root, folder.name)
    old = _stand_in(folder, kept, problems) if kept else None
    if old is not None:
        return old
    return plan or load_plan(folder)


@functools.lru_cache(maxsize=8)
def _stand_in(folder: Path, kept: Kept, problems: tuple[Problem, ...]) -> Plan | None:
    """The kept plan in place of the folder's own, or None when the rules of today find fault with it, too."""
    try:
        old = load_plan(kept.folder)
    except SourceError:
        return None
    return None if old.problems else replace(old, folder=folder, refusal=Refusal(problems, kept.since))


def find_plan(cycle_id: str, home: Home | None = None) -> Plan:
    """The plan in force that owns a cycle. Raises KeyError with a message for the operator."""
    for folder in list_plan_folders():
        cycles, _ = cycles_in_force(folder)
        if any(cycle.id == cycle_id for cycle in cycles):
            return plan_in_force(folder, home)
    raise KeyError(f"không có kỳ báo cáo “{cycle_id}” trong cấu hình")


def _signature(folder: Path, files: Sequence[str] = FILES + OPTIONAL) -> Signature:
    """What changes whenever one of the files does: the key under which they are kept in memory."""
    found = []
    for name in files:
        try:
            stat = (folder / name).stat()
        except FileNotFoundError:
            continue
        found.append((name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


@dataclass(frozen=True)
class _Ledger:
    """What loading one folder finds: mistakes, and where each entry stands."""

    problems: list[Problem]
    lines: SourceLines


@functools.lru_cache(maxsize=8)
def _load_cached(folder: Path, _signature: Signature) -> Plan:
    found = _Ledger([], SourceLines())
    header = _load_one(folder / HEADER, Header, found)
    if header is None:
        raise SourceError(found.problems[0])
    agencies = _load_list(folder / "co_quan.csv", None, Agency, "ma", found, lists=("ten_khac",))
    plan = Plan(
        folder=folder,
        header=header,
        agencies={agency.code: agency for agency in agencies},
        contacts=tuple(_load_list(folder / "lien_he.csv", None, Contact, "ma", found, unique=False)),
        tasks=tuple(_load_list(folder / "nhiem_vu.yaml", "nhiem_vu", Task, "ma", found)),
        obligations=tuple(_load_list(folder / "nghia_vu.yaml", "nghia_vu", Task, "ma", found)),
        indicators=tuple(_load_list(folder / "chi_tieu.yaml", "chi_tieu", Indicator, "ma", found)),
        cycles={c.id: c for c in _load_list(folder / "ky_bao_cao.yaml", "ky_bao_cao", Cycle, "ma", found)},
        calendar=_load_one(folder / "lich.yaml", WorkingCalendar, found),
        ladder=_load_one(folder / "bac_thang.yaml", Ladder, found),
        recipients=_load_one(folder / "nguoi_nhan.yaml", Recipients, found),
        edition=_load_one(folder / "bieu_mau.yaml", Edition, found),
        wording=_load_one(folder / "bao_cao.yaml", ReportWording, found),
        adjustments=_load_adjustments(folder / ADJUSTMENTS, found),
        official_letters=_load_official_letters(folder / OFFICIAL_LETTERS, found),
        former_names=_load_former_names(folder / FORMER_NAMES, found),
        earlier_editions=_load_earlier_forms(folder / EARLIER_FORMS, found),
        watchings=_load_watchings(folder / WATCHING, found),
        problems=(),
    )
    return settle_plan(plan, found.problems, found.lines)


def _load_official_letters(path: Path, found: _Ledger) -> dict[str, OfficialLetterWording]:
    entries = _load_list(path, "cong_van", OfficialLetterWording, "ma", found) if path.exists() else []
    return {entry.id: entry for entry in entries}


def _load_former_names(path: Path, found: _Ledger) -> tuple[FormerName, ...]:
    return tuple(_load_list(path, None, FormerName, "ten", found, unique=False)) if path.exists() else ()


def _load_earlier_forms(path: Path, found: _Ledger) -> tuple[Edition, ...]:
    return tuple(_load_list(path, "bieu_mau_cu", Edition, "phien_ban", found)) if path.exists() else ()


def _load_watchings(path: Path, found: _Ledger) -> tuple[Watching, ...]:
    return tuple(_load_list(path, "theo_doi", Watching, "tai_khoan", found)) if path.exists() else ()


def _guarded(read: Callable[[], Source], problems: list[Problem]) -> Source | None:
    try:
        return read()
    except SourceError as error:
        problems.append(error.problem)
        return None


def _load_one(path: Path, model: type[T], found: _Ledger) -> T | None:
    source = _guarded(lambda: read_yaml(path), found.problems)
    if source is None:
        return None
    try:
        part = model.model_validate(source.data)
    except ValidationError as error:
        found.problems.extend(problems_of(error, source, (), ""))
        return None
    found.lines.keep(part, source, ())
    return part


def _load_list(
    path: Path,
    key: str | None,
    model: type[T],
    id_field: str,
    found: _Ledger,
    *,
    lists: Sequence[str] = (),
    unique: bool = True,
) -> list[T]:
    """Entries of one file; a broken entry is reported and left out, the others stand."""
    csv_file = path.suffix == ".csv"
    source = _guarded(lambda: read_csv(path, lists=lists) if csv_file else read_yaml(path), found.problems)
    if source is None:
        return []
    found.problems.extend(source.problems)
    columns = {field.alias for field in model.model_fields.values()}
    if unknown := [heading for heading in source.headings if heading not in columns]:
        found.problems.append(Problem(path.name, 1, unknown[0], "không có cột này; kiểm tra chính tả"))
        return []
    rows: Any = source.data
    base: tuple[str | int, ...] = ()
    if key is not None:
        if not isinstance(rows, dict) or not isinstance(rows.get(key), list):
            found.problems.append(Problem(path.name, 1, key, "tệp phải bắt đầu bằng mục này và một danh sách"))
            return []
        rows, base = rows[key], (key,)
    return list(_entries(rows, base, source, model, id_field, found, unique))


def _load_adjustments(path: Path, found: _Ledger) -> Adjustments:
    """The decisions of a plan, if there are any; a broken one is reported and left out."""
    source = _guarded(lambda: read_yaml(path), found.problems) if path.exists() else None
    if source is None:
        return Adjustments()
    lists = source.data if isinstance(source.data, dict) else {"": None}
    entries: list[Adjustment] = []
    for key, rows in lists.items():
        if key not in KEYS or not isinstance(rows, list):
            message = f"tệp chỉ gồm các mục {', '.join(KEYS)}, mỗi mục là một danh sách"
            found.problems.append(Problem(path.name, source.line_of((key,)), str(key), message))
            continue
        entries += _entries(rows, (key,), source, KEYS[key], "co_quan", found, unique=False)
    return Adjustments.of(entries)


def load_ladder(path: Path, plan: Plan) -> Ladder:
    """A ladder that is not in force yet, judged against a plan's cycles. Raises PlanError."""
    found = _Ledger([], SourceLines())
    ladder = _load_one(path, Ladder, found)
    if ladder is not None:
        found.problems.extend(find_unusable_reminder_steps(replace(plan, ladder=ladder), found.lines, path.name))
    if ladder is None or found.problems:
        raise PlanError(f"dùng bậc thang {path.name}", tuple(found.problems))
    return ladder


def _entries(
    rows: Iterable[Any],
    base: tuple[str | int, ...],
    source: Source,
    model: type[T],
    id_field: str,
    found: _Ledger,
    unique: bool,
) -> Iterable[T]:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        item = str(row.get(id_field, "")) if isinstance(row, dict) else ""
        try:
            entry = model.model_validate(row)
        except ValidationError as error:
            found.problems.extend(problems_of(error, source, (*base, index), item or f"#{index + 1}"))
            continue
        if unique and item in seen:
            line = source.line_of((*base, index, id_field))
            found.problems.append(Problem(source.name, line, id_field, f"mã “{item}” đã dùng ở trên", item))
            continue
        seen.add(item)
        found.lines.keep(entry, source, (*base, index))
        yield entry
