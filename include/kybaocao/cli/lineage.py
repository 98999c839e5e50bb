"""`lineage`: from which file, sheet and cell a published figure comes."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kybaocao.cli.command import BaseArguments, UsageError, begin_pass, print_json

if TYPE_CHECKING:
    from kybaocao.figures.snapshot import IndicatorResult, Origin
    from kybaocao.stages.support.passes import Pass

NAME = "lineage"
HELP = "Một chỉ tiêu đến từ tệp, trang, ô nào"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    cycle: str
    indicator: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cycle", required=True, metavar="KỲ")
    command.add_argument("indicator", metavar="CHỈ_TIÊU")


def run(arguments: Arguments) -> int:
    p = begin_pass(arguments.cycle)
    if arguments.indicator not in {indicator.id for indicator in p.plan.indicators}:
        raise UsageError(f"không có chỉ tiêu “{arguments.indicator}”")
    result = _find_result(p, arguments.indicator)
    before = result.previous_imported.origins if result.previous_imported else ()
    figures = {key: None if value is None else str(value) for key, value in vars(result.cumulative).items()}
    if arguments.json:
        summary = {"indicator": result.id, "figures": figures, "coverage": result.coverage}
        origins = {"origins": [vars(one) for one in result.origins], "previous": [vars(one) for one in before]}
        print_json(summary | origins)
        return 0
    print(f"{result.id}: {figures} – {result.coverage}")
    print("".join(f"  {_describe_origin(origin)}\n" for origin in result.origins), end="")
    if before:
        print("Kỳ trước:\n" + "\n".join(f"  {_describe_origin(origin)}" for origin in before))
    return 0


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


def _describe_origin(origin: Origin) -> str:
    from kybaocao.imported.words import describe_source

    typed = f"  ô ghi “{origin.text}”" if origin.text not in ("", origin.value) else ""
    shape = f"  định dạng {origin.number_format}" if origin.number_format else ""
    source = f"  {describe_source(origin.imported_by, origin.paper)}" if origin.imported_by else ""
    agency = origin.agency or "toàn tỉnh"
    return (
        f"{agency}  {origin.file_name}  {origin.sheet}!{origin.cell} = {origin.value}"
        f"{typed}{shape}{source}  ({origin.sha256[:12]})"
    )
