"""`import-results`: the results of a cycle that was run by hand, from a workbook filled in from the paper reports."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kybaocao.cli.command import UsageError, add_signature, now, print_json, read_signature
from kybaocao.findings import Severity
from kybaocao.home import Home
from kybaocao.inbox.shared_folders import open_plain
from kybaocao.plan.load import find_plan
from kybaocao.store.database import open_store
from kybaocao.workbook.guard import MAX_BYTES

if TYPE_CHECKING:
    from kybaocao.imported.layout import ResultsLayout
    from kybaocao.imported.results import Outcome
    from kybaocao.imported.troubles import Trouble

NAME = "import-results"
HELP = "Nhập kết quả của kỳ đã làm thủ công (từ báo cáo giấy), để dùng làm “kỳ trước”"

_SEVERITIES = {Severity.ERROR: "Phải sửa", Severity.WARNING: "Cần xem lại", Severity.NOTE: "Để biết"}
_SHOWN = 200  # troubles printed; all of them are in the JSON


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, nargs="?", metavar="TỆP", help="mẫu đã điền")
    command.add_argument("--cycle", required=True, metavar="KỲ", help="kỳ đã làm thủ công, ví dụ nq02-2026-ky1")
    command.add_argument("--template", type=Path, metavar="TỆP", help="chỉ lập mẫu để điền, ghi ra tệp này")
    command.add_argument("--dry-run", action="store_true", help="chỉ kiểm tra, không ghi gì")
    command.add_argument(
        "--allow-removal", action="store_true", help="chấp nhận bỏ số liệu của cơ quan mà tệp này không có"
    )
    command.add_argument("--withdraw", action="store_true", help="rút số liệu đã nhập của kỳ; bản đã nhập vẫn được lưu")
    add_signature(command, required=False)


def run(options: argparse.Namespace) -> int:
    if sum((options.file is not None, options.template is not None, options.withdraw)) != 1:
        raise UsageError("xin ghi đúng một trong ba: tệp cần nhập, --template hoặc --withdraw")
    if options.withdraw:
        return _withdraw(options)
    layout = _lay_out(options.cycle)
    return _write_template(options, layout) if options.template else _import(options, layout)


def _lay_out(cycle: str) -> ResultsLayout:
    from kybaocao.imported.layout import build_results_layout

    try:
        return build_results_layout(find_plan(cycle), cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _write_template(options: argparse.Namespace, layout: ResultsLayout) -> int:
    from kybaocao.imported.workbook import write_results_workbook

    if options.template.exists():
        raise UsageError(f"{options.template} đã có; xin chọn tên khác để không ghi đè số liệu đã điền")
    try:
        written = str(write_results_workbook(layout, options.template))
    except OSError as error:
        raise UsageError(f"không ghi được {options.template}: {error.strerror}") from None
    if options.json:
        print_json({"files": [written]})
    else:
        print(written)
    return 0


def _import(options: argparse.Namespace, layout: ResultsLayout) -> int:
    from kybaocao.imported.results import import_results

    name, reason = ("", "") if options.dry_run else read_signature(options)
    home = Home.from_environment()
    store = open_store(home)
    store.upgrade()
    outcome = import_results(
        store,
        home.archive,
        layout,
        _read(options.file),
        options.file.name,
        at=now(),
        by=name,
        reason=reason,
        is_dry_run=options.dry_run,
        may_remove=options.allow_removal,
    )
    if options.json:
        print_json(_show(options, outcome))
    else:
        print(_describe(options, outcome))
    return 1 if outcome.errors else 0


def _read(path: Path) -> bytes:
    """The file, or a little more than is ever taken; nothing that would wait for a writer."""
    try:
        with os.fdopen(open_plain(path.resolve()), "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "không phải là tệp thường (thư mục, ống dẫn hoặc thiết bị)"
        raise UsageError(f"không mở được tệp {path}: {reason}") from None


def _show(options: argparse.Namespace, outcome: Outcome) -> dict[str, Any]:
    return {
        "cycle": options.cycle,
        "file": options.file.name,
        "sha256": outcome.sha256,
        "result": _name_result(options, outcome),
        "version": outcome.version,
        "agencies": outcome.agencies,
        "cells": outcome.cells,
        "has_province": outcome.has_province,
        "changes": vars(outcome.changes),
        "findings": [trouble.as_dict() for trouble in outcome.troubles],
    }


def _name_result(options: argparse.Namespace, outcome: Outcome) -> str:
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


def _describe(options: argparse.Namespace, outcome: Outcome) -> str:
    said = _RESULTS[_name_result(options, outcome)].format(
        loi=len(outcome.errors), ban=outcome.version, co_quan=outcome.agencies, o=outcome.cells
    )
    lines = [f"{options.file.name}: {said}"]
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
    return [f"  {_SEVERITIES[trouble.severity]}: {where}{trouble.message}", f"      Cách sửa: {trouble.hint}"]


def _withdraw(options: argparse.Namespace) -> int:
    from kybaocao.imported.results import withdraw_results

    name, reason = read_signature(options)
    try:
        find_plan(options.cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    store = open_store(Home.from_environment())
    store.upgrade()
    withdrawn = withdraw_results(store, options.cycle, at=now(), by=name, reason=reason)
    if withdrawn is None:
        raise UsageError(f"kỳ {options.cycle} không có số liệu nhập tay nào đang có hiệu lực")
    if options.json:
        print_json({"cycle": options.cycle, "result": "withdrawn", "version": withdrawn.version})
    else:
        print(f"Đã rút số liệu nhập tay của kỳ {options.cycle} (bản {withdrawn.version}, tệp {withdrawn.file_name}).")
    return 0
