"""`lineage`: from which file, sheet and cell a published figure comes."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from kybaocao.cli.command import CYCLE_HELP, MOMENT_HELP, BaseArguments, UsageError, begin_pass, print_json
from kybaocao.spreadsheet_text import guard_csv

if TYPE_CHECKING:
    from kybaocao.figures.snapshot import IndicatorResult, Origin
    from kybaocao.stages.support.passes import Pass

NAME = "lineage"
HELP = "Một chỉ tiêu đến từ tệp, trang, ô nào"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    indicator: str
    as_of: str | None
    csv: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ", help=CYCLE_HELP)
    command.add_argument("--as-of", metavar="THỜI_ĐIỂM", help=MOMENT_HELP)
    command.add_argument("--csv", action="store_true", help="mỗi ô một dòng CSV, cho chương trình khác")
    command.add_argument("indicator", metavar="CHỈ_TIÊU", help="mã chỉ tiêu, ví dụ T15")


def run(arguments: Arguments) -> int:
    from kybaocao.cli.lineage_words import describe_lineage

    if arguments.csv and arguments.json:
        raise UsageError("xin chọn một trong hai: --json hoặc --csv")
    p = begin_pass(arguments.cycle, arguments.as_of)
    known = [indicator.id for indicator in p.plan.indicators]
    if arguments.indicator not in known:
        raise UsageError(f"không có chỉ tiêu “{arguments.indicator}”; các chỉ tiêu: {', '.join(known)}")
    result = _find_result(p, arguments.indicator)
    if arguments.json:
        print_json(_gather(result))
    elif arguments.csv:
        _print_csv(result)
    else:
        print(describe_lineage(p.plan, result))
    return 0


def _list_previous(result: IndicatorResult) -> Sequence[Origin]:
    """Cells of the previous cycle, where it was run by hand and imported."""
    return result.previous_imported.origins if result.previous_imported else ()


def _gather(result: IndicatorResult) -> dict[str, Any]:
    return {
        "indicator": result.id,
        "figures": {key: None if value is None else str(value) for key, value in vars(result.cumulative).items()},
        "coverage": result.coverage,
        "origins": [asdict(one) for one in result.origins],
        "previous": [asdict(one) for one in _list_previous(result)],
    }


def _print_csv(result: IndicatorResult) -> None:
    from kybaocao.figures.snapshot import Origin

    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [field.name for field in fields(Origin)]
    writer.writerow(["list", *names])
    for title, origins in (("origins", result.origins), ("previous", _list_previous(result))):
        writer.writerows([title, *(guard_csv(getattr(one, name)) for name in names)] for one in origins)


def _find_result(p: Pass, indicator: str) -> IndicatorResult:
    """The figures of the cycle; where it was run by hand, those that were imported."""
    from kybaocao.imported.snapshot import take_imported_snapshot
    from kybaocao.stages.aggregate import aggregate_returns
    from kybaocao.store.reports import load_snapshot

    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        result = load_snapshot(connection, saved).indicator(indicator)
        imported = take_imported_snapshot(connection, p.plan, p.cycle.id, p.calendar)
    found = [one for one in imported.indicators if one.id == indicator] if imported else []
    return found[0] if found else result
