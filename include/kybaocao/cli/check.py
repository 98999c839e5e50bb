"""`check`: judge a file as the intake would, record nothing.

Ends with DONE (accepted), NOT_SOUND (returned) or UNREADABLE (no reader can open it) of `exit_status`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kybaocao.cli.command import (
    SEVERITY_WORDS,
    BaseArguments,
    UsageError,
    now,
    print_json,
    read_bytes,
    require_plan,
)
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.cli.parser import read_path
from kybaocao.findings import WordedFinding, group_by_cause, word
from kybaocao.home import Home
from kybaocao.inbox.shared_folders import is_junk, is_unfinished, spell_name
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.load import list_plan_folders, plan_in_force
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store

if TYPE_CHECKING:
    from kybaocao.answers.packing import Packed
    from kybaocao.checks.judgement import Judgement
    from kybaocao.findings import Finding
    from kybaocao.inbox.submission import Submission
    from kybaocao.plan.attachment_kinds import AttachmentKind

NAME = "check"
HELP = "Kiểm tra thử một tệp, không ghi lại gì"

_OUTCOMES = {"accepted": "ĐƯỢC TIẾP NHẬN", "returned": "TRẢ LẠI ĐỂ SỬA", "unreadable": "KHÔNG ĐỌC ĐƯỢC"}
_STATUSES = {
    "accepted": ExitStatus.DONE,
    "returned": ExitStatus.NOT_SOUND,
    "unreadable": ExitStatus.UNREADABLE,
}
_Values = dict[str, dict[str, dict[str, dict[str, str]]]]  # table -> row -> column -> value and address


@dataclass(frozen=True)
class Arguments(BaseArguments):
    file: Path
    agency: str
    cycle: str

    @property
    def name(self) -> str:
        """Of the file, as it is shown."""
        return spell_name(self.file.name)


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=read_path, metavar="TỆP", help="biểu đã điền, bản ký hoặc tài liệu kèm theo")
    command.add_argument("--agency", default="", metavar="MÃ", help="mặc định: cơ quan ghi trong biểu mẫu")
    command.add_argument("--cycle", default="", metavar="KỲ", help="mặc định: kỳ ghi trong biểu mẫu")


def run(arguments: Arguments) -> int:
    from kybaocao.attachments.inspection import choose_attachment, inspect_attachment
    from kybaocao.workbook.guard import MAX_BYTES

    plans = _list_plans(arguments.cycle)
    if arguments.agency:
        _require_agency(arguments.agency, plans)
    kinds = [one for plan in plans if plan.edition for one in plan.edition.attachments]
    data = _read_file(arguments.file, max([MAX_BYTES, *(one.limit_bytes for one in kinds)]))
    kind = choose_attachment(data, arguments.file.name, kinds)
    if kind is None:
        return _check_form(_fill_in_identity(arguments, data), data)
    if same := _find_same(arguments, data, kind.id):
        return _describe_identical(arguments, same)
    return _describe_attachment(arguments, kind, inspect_attachment(data, kind))


def _list_plans(cycle: str) -> list[Plan]:
    """The plan of `cycle`, or all in force when none is named."""
    return [require_plan(cycle)] if cycle else [plan_in_force(folder) for folder in list_plan_folders()]


def _require_agency(code: str, plans: Sequence[Plan]) -> None:
    if not any(code in {agency.code for agency in plan.expected} for plan in plans):
        raise UsageError(f"không có cơ quan phải báo cáo mang mã “{code}”")


def _read_file(path: Path, limit: int) -> bytes:
    """The file, or `limit` + 1 bytes of it. Raises UsageError for a file that the intake would not take."""
    data, name = read_bytes(path, limit), spell_name(path.name)
    if is_junk(path.name):
        what = "tệp đang tải dở hoặc lối tắt" if is_unfinished(path.name) else "tệp khóa, tệp tạm của chương trình khác"
        raise UsageError(f"{name}: hệ thống bỏ qua tệp mang tên như vậy ({what}); xin lưu với tên khác")
    if not data:
        raise UsageError(f"{name}: tệp chưa có nội dung (0 byte), hệ thống chưa nhận tệp như vậy")
    return data


def _fill_in_identity(arguments: Arguments, data: bytes) -> Arguments:
    """With agency and cycle as the form itself states them, where the command does not. Raises UsageError."""
    from kybaocao.answers.reading import read_identity
    from kybaocao.workbook.book import load_book
    from kybaocao.workbook.guard import inspect
    from kybaocao.workbook.sandbox import SandboxError, parse_limited

    if arguments.agency and arguments.cycle:
        return arguments
    stated: dict[str, str] = {}
    if inspect(data) is None:
        with contextlib.suppress(SandboxError):
            stated = read_identity(load_book(parse_limited(data)))
    agency, cycle = arguments.agency or stated.get("co_quan", ""), arguments.cycle or stated.get("ky", "")
    if not (agency and cycle):
        raise UsageError(f"{arguments.name} không cho biết là biểu của cơ quan nào, kỳ nào; xin ghi --agency, --cycle")
    return replace(arguments, agency=agency, cycle=cycle)


def _check_form(arguments: Arguments, data: bytes) -> int:
    from kybaocao.answers.packing import pack_answers
    from kybaocao.form.layout import build_layout
    from kybaocao.mail.read_figures import list_read_figures

    plan = require_plan(arguments.cycle)
    _require_agency(arguments.agency, [plan])
    if same := _find_same(arguments, data, FORM):
        return _describe_identical(arguments, same)
    judgement = _judge_now(arguments, data)
    verdict = judgement.verdict.value
    if arguments.json:
        _print_verdict(verdict, FORM, [one.as_dict() for one in judgement.worded], pack_answers(judgement.answers))
    else:
        print(f"{arguments.name}: {_OUTCOMES[verdict]}")
        _print_findings(judgement.worded)
        if verdict == "accepted":
            layout = build_layout(plan, arguments.cycle, arguments.agency)
            for table in list_read_figures(layout, judgement.answers):
                for name, *figures in table.rows:
                    named = zip(table.headings[1:], figures, strict=True)
                    print("  " + " · ".join([name, *(f"{heading}: {figure}" for heading, figure in named if figure)]))
    return _STATUSES[verdict]


def _judge_now(arguments: Arguments, data: bytes) -> Judgement:
    """What the real intake would say of a file that came in now; without a store, nothing is known of the past."""
    from kybaocao.stages.validate import judge_return
    from kybaocao.store.submissions import latest_accepted

    p = Pass.begin(arguments.cycle, now())
    accepted = None
    if p.home.has_store and p.store.has_tables:
        with p.store.read() as connection:
            accepted = latest_accepted(connection, arguments.cycle, arguments.agency)
    return judge_return(p, arguments.agency, data, p.as_of, accepted)


def _find_same(arguments: Arguments, data: bytes, component: str) -> Submission | None:
    """The accepted version with the same content, as the intake would find; None where nothing is known of the past."""
    from kybaocao.store.submissions import find_same, list_components

    home = Home.from_environment()
    if not (arguments.agency and arguments.cycle and home.has_store):
        return None
    store = open_store(home)
    if not store.has_tables:
        return None
    with store.read() as connection:
        versions = list_components(connection, arguments.cycle, arguments.agency)
    same = find_same(versions, component, hashlib.sha256(data).hexdigest())
    return same if same is not None and same.is_accepted else None


def _describe_identical(arguments: Arguments, same: Submission) -> int:
    """Submitted, the file would be no new version; the verdict of the version in force is repeated."""
    if arguments.json:
        findings, packed = json.loads(same.findings), json.loads(same.answers)
        _print_verdict("accepted", same.component, findings, packed, identical_to=same.receipt_number)
    else:
        print(
            f"{arguments.name}: GIỐNG HỆT bản {same.receipt_number} đã được tiếp nhận, đang có hiệu lực; "
            "nộp lại sẽ không thành bản mới"
        )
    return 0


def _describe_attachment(arguments: Arguments, kind: AttachmentKind, refusal: Finding | None) -> int:
    """What the intake would do with a file that is submitted beside the form."""
    worded = [word(refusal)] if refusal else []
    verdict = "returned" if refusal else "accepted"
    if arguments.json:
        _print_verdict(verdict, kind.id, [finding.as_dict() for finding in worded], [])
    else:
        outcome = "CHƯA ĐƯỢC NHẬN" if refusal else "ĐƯỢC NHẬN"
        print(f"{arguments.name}: {outcome} – {kind.name}, tệp nộp kèm; không thay cho biểu Excel")
        _print_findings(worded)
    return _STATUSES[verdict]


def _print_verdict(verdict: str, component: str, findings: list[dict[str, str]], packed: Packed, **more: str) -> None:
    """The one shape of `check --json`, for forms and attachments."""
    values: _Values = {}
    for table, row, column, sheet, cell, text, _, value, *_ in packed:
        found = {"value": value, "sheet": sheet, "cell": cell, "text": text}
        values.setdefault(table, {}).setdefault(row, {})[column] = found
    print_json({"verdict": verdict, "component": component, "findings": findings, "values": values, **more})


def _print_findings(findings: Sequence[WordedFinding]) -> None:
    """By what has to be done about them, then by cause, as in the slip."""
    for group in group_by_cause(findings):
        first = group[0]
        todo = "Phải sửa" if first.sends_back else SEVERITY_WORDS[first.severity]
        print(f"  {todo}: {first.title}" + (f" ({len(group)} chỗ)" if len(group) > 1 else ""))
        for finding in group:
            where = f"[{finding.sheet}!{finding.cell}] " if finding.cell else ""
            print(f"  - {where}{finding.message}")
            if finding.cause:
                print(f"      {finding.reported_cause}")
            print(f"      Cách sửa: {finding.hint}")
