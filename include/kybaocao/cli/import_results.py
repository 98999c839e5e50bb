"""`import-results`: the results of a cycle that was run by hand, from a workbook filled in from the paper reports."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kybaocao.cli.command import (
    SEVERITY_WORDS,
    SignedArguments,
    UsageError,
    add_signature,
    now,
    open_upgraded_store,
    print_json,
    read_bytes,
    read_signature,
    require_plan,
    writing_to,
)
from kybaocao.cli.parser import read_path
from kybaocao.home import Home
from kybaocao.workbook.guard import MAX_BYTES

if TYPE_CHECKING:
    from kybaocao.imported.layout import ResultsLayout
    from kybaocao.imported.results import Outcome
    from kybaocao.imported.troubles import Trouble

NAME = "import-results"
HELP = "Nhập kết quả của kỳ đã làm thủ công (từ báo cáo giấy), để dùng làm “kỳ trước”"

_SHOWN = 200  # troubles printed; all of them are in the JSON


@dataclass(frozen=True)
class Arguments(SignedArguments):
    file: Path | None
    cycle: str
    template: Path | None
    dry_run: bool
    allow_removal: bool
    withdraw: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=read_path, nargs="?", metavar="TỆP", help="mẫu đã điền")
    command.add_argument("--cycle", required=True, metavar="KỲ", help="kỳ đã làm thủ công, ví dụ nq02-2026-ky1")
    command.add_argument("--template", type=read_path, metavar="TỆP", help="chỉ lập mẫu để điền, ghi ra tệp này")
    command.add_argument("--dry-run", action="store_true", help="chỉ kiểm tra, không ghi gì")
    command.add_argument(
        "--allow-removal", action="store_true", help="chấp nhận bỏ số liệu của cơ quan mà tệp này không có"
    )
    command.add_argument("--withdraw", action="store_true", help="rút số liệu đã nhập của kỳ; bản đã nhập vẫn được lưu")
    add_signature(command, required=False)


def run(arguments: Arguments) -> int:
    if sum((arguments.file is not None, arguments.template is not None, arguments.withdraw)) != 1:
        raise UsageError("xin ghi đúng một trong ba: tệp cần nhập, --template hoặc --withdraw")
    if arguments.template is not None:
        return _write_template(arguments, arguments.template)
    if arguments.file is not None:
        return _import(arguments, arguments.file)
    return _withdraw(arguments)


def _lay_out(cycle: str) -> ResultsLayout:
    from kybaocao.imported.layout import build_results_layout

    try:
        return build_results_layout(require_plan(cycle), cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _write_template(arguments: Arguments, path: Path) -> int:
    from kybaocao.imported.workbook import write_results_workbook

    layout = _lay_out(arguments.cycle)
    if path.exists():
        raise UsageError(f"{path} đã có; xin chọn tên khác để không ghi đè số liệu đã điền")
    with writing_to(path):
        written = str(write_results_workbook(layout, path))
    if arguments.json:
        print_json({"files": [written]})
    else:
        print(written)
    return 0


def _import(arguments: Arguments, path: Path) -> int:
    from kybaocao.imported.results import import_results

    layout = _lay_out(arguments.cycle)
    name, reason = ("", "") if arguments.dry_run else read_signature(arguments)
    outcome = import_results(
        open_upgraded_store(),
        Home.from_environment().archive,
        layout,
        read_bytes(path, MAX_BYTES),
        path.name,
        at=now(),
        by=name,
        reason=reason,
        is_dry_run=arguments.dry_run,
        may_remove=arguments.allow_removal,
    )
    if arguments.json:
        print_json(_show(arguments.cycle, path.name, outcome))
    else:
        print(_describe(path.name, outcome))
    return 1 if outcome.errors else 0


def _show(cycle: str, file_name: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "cycle": cycle,
        "file": file_name,
        "sha256": outcome.sha256,
        "result": _name_result(outcome),
        "version": outcome.version,
        "agencies": outcome.agencies,
        "cells": outcome.cells,
        "has_province": outcome.has_province,
        "changes": vars(outcome.changes),
        "findings": [trouble.as_dict() for trouble in outcome.troubles],
    }


def _name_result(outcome: Outcome) -> str:
    if outcome.errors:
        return "refused"
    if outcome.is_new:
        return "imported"
    return "unchanged" if outcome.is_same else "dry-run"


_RESULTS = {
    "refused": "CHƯA NHẬP, cần sửa {loi} điều dưới đây; chưa có gì được ghi lại",
    "imported": "ĐÃ NHẬP (bản {ban}): {co_quan} cơ quan, {o} ô",
    "unchanged": "KHÔNG THAY ĐỔI: đúng tệp đang có hiệu lực (bản {ban})",
    "dry-run": "ĐỌC ĐƯỢC, chưa ghi lại (chạy thử): {co_quan} cơ quan, {o} ô",
}


def _describe(file_name: str, outcome: Outcome) -> str:
    result = _RESULTS[_name_result(outcome)].format(
        loi=len(outcome.errors), ban=outcome.version, co_quan=outcome.agencies, o=outcome.cells
    )
    lines = [f"{file_name}: {result}"]
    lines += _describe_changes(outcome)
    lines += [line for trouble in outcome.troubles[:_SHOWN] for line in _describe_trouble(trouble)]
    if len(outcome.troubles) > _SHOWN:
        lines.append(f"  … và {len(outcome.troubles) - _SHOWN} điều nữa (xem đủ bằng --json)")
    return "\n".join(lines)


def _describe_changes(outcome: Outcome) -> list[str]:
    changes = outcome.changes
    named = (("thêm", changes.added), ("sửa", changes.changed), ("bỏ", changes.removed))
    return [
        f"  {verb}: {', '.join(code or 'toàn tỉnh' for code in codes)}"
        for verb, codes in named
        if codes and not outcome.is_same
    ]


def _describe_trouble(trouble: Trouble) -> list[str]:
    where = f"[{trouble.sheet}!{trouble.cell}] " if trouble.cell else ""
    return [f"  {SEVERITY_WORDS[trouble.severity]}: {where}{trouble.message}", f"      Cách sửa: {trouble.hint}"]


def _withdraw(arguments: Arguments) -> int:
    from kybaocao.imported.results import withdraw_results

    name, reason = read_signature(arguments)
    require_plan(arguments.cycle)
    withdrawn = withdraw_results(open_upgraded_store(), arguments.cycle, at=now(), by=name, reason=reason)
    if withdrawn is None:
        raise UsageError(f"kỳ {arguments.cycle} không có số liệu nhập tay nào đang có hiệu lực")
    if arguments.json:
        print_json({"cycle": arguments.cycle, "result": "withdrawn", "version": withdrawn.version})
    else:
        print(f"Đã rút số liệu nhập tay của kỳ {arguments.cycle} (bản {withdrawn.version}, tệp {withdrawn.file_name}).")
    return 0
