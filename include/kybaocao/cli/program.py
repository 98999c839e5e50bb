"""The same steps without Airflow: `python -m kybaocao …`.

Exit status: 0 done (check: accepted), 1 check: returned, 2 cannot be judged or wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kybaocao.cli import (
    config,
    doctor,
    import_results,
    letters,
    notices,
    redirect,
    resend,
    watch,
    withdraw,
    withdraw_steps,
)
from kybaocao.cli.command import Command, UsageError, begin_pass, name_user, now, print_json
from kybaocao.findings import Severity, WordedFinding, group_by_cause, word
from kybaocao.home import Home, is_replay_system
from kybaocao.inbox.shared_folders import is_junk, is_unfinished, open_plain
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.plan.load import find_plan, list_plan_folders, load_ladder, load_plan, plan_in_force
from kybaocao.plan.plan import Plan, PlanError
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.workbook.sandbox import BusyMachineError
from kybaocao.yaml_source import SourceError

if TYPE_CHECKING:
    from kybaocao.answers.packing import Packed
    from kybaocao.checks.judgement import Judgement
    from kybaocao.figures.snapshot import Origin
    from kybaocao.findings import Finding
    from kybaocao.inbox.submission import Submission
    from kybaocao.plan.attachment_kinds import AttachmentKind


# Commands with a module of their own, in the order of the help.
COMMANDS: tuple[Command, ...] = (
    config,
    doctor,
    import_results,
    letters,
    notices,
    redirect,
    resend,
    watch,
    withdraw,
    withdraw_steps,
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except (UsageError, PlanError, SourceError, BusyMachineError) as error:
        print(str(error), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kybaocao", description="Kỳ Báo Cáo: thu, kiểm tra, tổng hợp, đôn đốc, phát hành."
    )
    commands = parser.add_subparsers(required=True, metavar="LỆNH")

    def add(name: str, run: Any, help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="kết quả dạng JSON")
        return command

    template = add("template", _template, "Lập biểu mẫu của từng cơ quan")
    template.add_argument("--cycle", required=True, metavar="KỲ")
    template.add_argument("--agency", action="append", metavar="MÃ", help="chỉ cơ quan này (có thể lặp lại)")
    template.add_argument("--out", type=Path, default=None, metavar="THƯ_MỤC", help="mặc định: thư mục của cơ quan")

    check = add("check", _check, "Kiểm tra thử một tệp, không ghi lại gì")
    check.add_argument("file", type=Path, metavar="TỆP")
    check.add_argument("--agency", default="", metavar="MÃ", help="mặc định: cơ quan ghi trong biểu mẫu")
    check.add_argument("--cycle", default="", metavar="KỲ", help="mặc định: kỳ ghi trong biểu mẫu")

    status = add("status", _status, "Ai đã nộp, ai chậm, việc gì cần xử lý")
    status.add_argument("--cycle", metavar="KỲ")
    status.add_argument("--as-of", metavar="THỜI_ĐIỂM")

    one = add("pass", _pass, "Chạy một lượt không cần Airflow (thư nằm chờ trong hộp thư đi)")
    one.add_argument("--cycle", required=True, metavar="KỲ")
    one.add_argument("--as-of", metavar="THỜI_ĐIỂM", help="ví dụ 2026-12-09T08:00; mặc định: bây giờ")
    one.add_argument("--report", action="store_true", help="lập báo cáo dù chưa đến hạn")
    one.add_argument("--deliver", action="store_true", help="gửi thư qua kết nối kybaocao_smtp")

    report = add("report", _report, "Lập báo cáo ra một thư mục, không phát hành")
    report.add_argument("--cycle", required=True, metavar="KỲ")
    report.add_argument("--as-of", metavar="THỜI_ĐIỂM")
    report.add_argument("--out", type=Path, required=True, metavar="THƯ_MỤC")

    lineage = add("lineage", _lineage, "Một chỉ tiêu đến từ tệp, trang, ô nào")
    lineage.add_argument("--cycle", required=True, metavar="KỲ")
    lineage.add_argument("indicator", metavar="CHỈ_TIÊU")

    backtest = add("backtest", _backtest, "Thử bộ quy tắc trên các tệp đã nhận: điều gì sẽ khác, không ghi lại gì")
    backtest.add_argument("--cycle", required=True, metavar="KỲ")
    backtest.add_argument("--on", type=dt.date.fromisoformat, metavar="NGÀY", help="quy tắc có hiệu lực ngày này")
    backtest.add_argument("--config", type=Path, metavar="THƯ_MỤC", help="thư mục kế hoạch với quy tắc muốn thử")

    season = add("season", _season, "Diễn thử các mùa báo cáo để xem bậc thang đôn đốc làm gì, không gửi thư")
    season.add_argument("--cycle", metavar="KỲ", help="mặc định: kỳ muộn nhất trong cấu hình")
    season.add_argument("--seed", type=int, default=1, metavar="SỐ", help="cùng một số thì cùng một mùa; mặc định 1")
    season.add_argument("--agencies", type=int, metavar="SỐ", help="số cơ quan; mặc định: như trong kế hoạch")
    season.add_argument("--seasons", type=int, default=1, metavar="SỐ", help="số mùa; một mùa thì kể từng ngày")
    season.add_argument("--ladder", type=Path, metavar="TỆP", help="thử bậc thang này thay cho bac_thang.yaml")
    season.add_argument("--replay", type=Path, metavar="TỆP", help="diễn lại một mùa đã ghi, in các thư đôn đốc")

    bounce = add("bounce", _bounce, "Địa chỉ mà thư gửi tới bị trả lại: xem, ghi nhận, hoặc cho dùng lại")
    bounce.add_argument("address", nargs="?", metavar="ĐỊA_CHỈ", help="để trống: xem danh sách")
    bounce.add_argument("--reason", default="cán bộ vận hành ghi nhận", metavar="LÝ_DO")
    bounce.add_argument("--undo", action="store_true", help="hộp thư đã dùng lại được")

    store = add("store", _store, "Kho dữ liệu")
    store.add_argument("action", choices=["upgrade"])

    for module in COMMANDS:
        module.add_arguments(add(module.NAME, module.run, module.HELP))

    up = add("up", _up, "Khởi động hệ thống trên máy này")
    up.add_argument("--port", type=int, default=int(os.environ.get("KYBAOCAO_PORT", "8080")))
    add("down", _down, "Dừng hệ thống trên máy này")
    demo = add("demo", _demo, "Diễn lại cả một kỳ báo cáo với dữ liệu mẫu")
    demo.add_argument("--keep", action="store_true", help="để Airflow chạy tiếp sau khi diễn xong")
    demo.add_argument("--url", help="diễn trên hệ thống đang chạy (KYBAOCAO_REPLAY=1); mật khẩu lấy từ môi trường")
    return parser


# --- commands ----------------------------------------------------------------------------------------------------


def _template(options: argparse.Namespace) -> int:
    from kybaocao.form.layout import build_layout
    from kybaocao.form.workbook import write_form

    try:
        plan = find_plan(options.cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    expected = {agency.code for agency in plan.expected}
    chosen = options.agency or sorted(expected)
    if unknown := [code for code in chosen if code not in expected]:
        raise UsageError(f"không có cơ quan phải báo cáo mang mã: {', '.join(unknown)}")
    home, written = Home.from_environment(), []
    for code in chosen:
        layout = build_layout(plan, options.cycle, code)
        folder = options.out or home.cycle_folder(code, options.cycle)
        written.append(str(write_form(layout, folder / layout.edition.name_form(code, options.cycle))))
    if options.json:
        print_json({"files": written})
    else:
        print("\n".join(written))
    return 0


_OUTCOMES = {"accepted": "ĐƯỢC TIẾP NHẬN", "returned": "TRẢ LẠI ĐỂ SỬA", "unreadable": "KHÔNG ĐỌC ĐƯỢC"}
_STATUSES = {"accepted": 0, "returned": 1, "unreadable": 2}
_Values = dict[str, dict[str, dict[str, dict[str, str]]]]


def _check(options: argparse.Namespace) -> int:
    from kybaocao.answers.packing import pack_answers
    from kybaocao.attachments.inspection import choose_attachment, inspect_attachment
    from kybaocao.form.layout import build_layout
    from kybaocao.mail.submission_reply import list_figures
    from kybaocao.workbook.guard import MAX_BYTES

    plans = _list_plans(options.cycle)
    if options.agency and not any(options.agency in {one.code for one in plan.expected} for plan in plans):
        raise UsageError(f"không có cơ quan phải báo cáo mang mã “{options.agency}”")
    attachments = [one for plan in plans if plan.edition for one in plan.edition.attachments]
    data = _read_file(options.file, [MAX_BYTES, *(one.limit_bytes for one in attachments)])
    if attachment := choose_attachment(data, options.file.name, attachments):
        if same := _find_same(options, data, attachment.id):
            return _describe_identical(options, same)
        return _describe_attachment(options, attachment, inspect_attachment(data, attachment))
    _fill_in_identity(options, data)
    try:
        plan = find_plan(options.cycle)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    if options.agency not in {agency.code for agency in plan.expected}:
        raise UsageError(f"không có cơ quan phải báo cáo mang mã “{options.agency}”")
    if same := _find_same(options, data, FORM):
        return _describe_identical(options, same)
    layout = build_layout(plan, options.cycle, options.agency)
    judgement = _judge_now(options, data)
    verdict = judgement.verdict.value
    if options.json:
        _print_verdict(verdict, FORM, [one.as_dict() for one in judgement.worded], pack_answers(judgement.answers))
    else:
        print(f"{options.file.name}: {_OUTCOMES[verdict]}")
        _print_findings(judgement.worded)
        if verdict == "accepted":
            for code, name, figures in list_figures(layout, judgement.answers):
                print(f"  {code}  {name}: {figures}")
    return _STATUSES[verdict]


def _print_verdict(verdict: str, component: str, findings: list[dict[str, str]], packed: Packed, **more: str) -> None:
    """The one shape of `check --json`, for forms and companions."""
    values: _Values = {}
    for table, row, column, sheet, cell, text, _, value, *_ in packed:
        said = {"value": value, "sheet": sheet, "cell": cell, "text": text}
        values.setdefault(table, {}).setdefault(row, {})[column] = said
    print_json({"verdict": verdict, "component": component, "findings": findings, "values": values, **more})


def _find_same(options: argparse.Namespace, data: bytes, component: str) -> Submission | None:
    """The accepted version that this file says again, as intake would find; None where nothing is known of the past."""
    from kybaocao.store.submissions import find_same, list_components

    home = Home.from_environment()
    if not (options.agency and options.cycle and home.has_store):
        return None
    with open_store(home).read() as connection:
        versions = list_components(connection, options.cycle, options.agency)
    same = find_same(versions, component, hashlib.sha256(data).hexdigest())
    return same if same is not None and same.is_accepted else None


def _describe_identical(options: argparse.Namespace, same: Submission) -> int:
    """Handed in, it would be no version of its own: it says what that one says."""
    if options.json:
        findings, packed = json.loads(same.findings), json.loads(same.answers)
        _print_verdict("accepted", same.component, findings, packed, identical_to=same.receipt_number)
    else:
        print(
            f"{options.file.name}: GIỐNG HỆT bản {same.receipt_number} đã được tiếp nhận, đang có hiệu lực; "
            "nộp lại sẽ không thành bản mới"
        )
    return 0


def _list_plans(cycle: str) -> list[Plan]:
    """The plan of `cycle`, or all in force when none is named."""
    if not cycle:
        return [plan_in_force(folder) for folder in list_plan_folders()]
    try:
        return [find_plan(cycle)]
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _read_file(path: Path, limits: Sequence[int]) -> bytes:
    """The file, or more of it than any limit allows.

    What is no file, or would wait for a writer, is refused; so is what intake passes over.
    """
    try:
        with os.fdopen(open_plain(path.resolve()), "rb") as file:
            data = file.read(max(limits) + 1)
    except OSError as error:
        reason = error.strerror or "không phải là tệp thường (thư mục, ống dẫn hoặc thiết bị)"
        raise UsageError(f"không mở được tệp {path}: {reason}") from None
    if is_junk(path.name):
        what = "tệp đang tải dở hoặc lối tắt" if is_unfinished(path.name) else "tệp khóa, tệp tạm của chương trình khác"
        raise UsageError(f"{path.name}: hệ thống bỏ qua tệp mang tên như vậy ({what}); xin lưu với tên khác")
    if not data:
        raise UsageError(f"{path.name}: tệp chưa có nội dung (0 byte), hệ thống chưa nhận tệp như vậy")
    return data


def _describe_attachment(options: argparse.Namespace, attachment: AttachmentKind, refusal: Finding | None) -> int:
    """What intake would do with a file that is handed in beside the form."""
    worded = [word(refusal)] if refusal else []
    verdict = "returned" if refusal else "accepted"
    if options.json:
        _print_verdict(verdict, attachment.id, [finding.as_dict() for finding in worded], [])
    else:
        outcome = "CHƯA ĐƯỢC NHẬN" if refusal else "ĐƯỢC NHẬN"
        print(f"{options.file.name}: {outcome} – {attachment.name}, tệp nộp kèm; không thay cho biểu Excel")
        _print_findings(worded)
    return _STATUSES[verdict]


def _print_findings(findings: Sequence[WordedFinding]) -> None:
    """By what has to be done about them, then by cause, as in the slip."""
    for group in group_by_cause(findings):
        first = group[0]
        todo = "Phải sửa" if first.sends_back else _SEVERITIES[first.severity]
        print(f"  {todo}: {first.title}" + (f" ({len(group)} chỗ)" if len(group) > 1 else ""))
        for finding in group:
            where = f"[{finding.sheet}!{finding.cell}] " if finding.cell else ""
            print(f"  - {where}{finding.message}")
            if finding.cause:
                print(f"      {finding.reported_cause}")
            print(f"      Cách sửa: {finding.hint}")


_SEVERITIES = {Severity.ERROR: "Phải sửa", Severity.WARNING: "Cần xem lại", Severity.NOTE: "Để biết"}


def _fill_in_identity(options: argparse.Namespace, data: bytes) -> None:
    """Whose form it is and of which cycle, as the form itself says, where the command does not."""
    from kybaocao.answers.reading import read_identity
    from kybaocao.workbook.book import load_book
    from kybaocao.workbook.guard import inspect
    from kybaocao.workbook.sandbox import SandboxError, parse_limited

    if options.agency and options.cycle:
        return
    said: dict[str, str] = {}
    if inspect(data) is None:
        with contextlib.suppress(SandboxError):
            said = read_identity(load_book(parse_limited(data)))
    options.agency, options.cycle = options.agency or said.get("co_quan", ""), options.cycle or said.get("ky", "")
    if not (options.agency and options.cycle):
        raise UsageError(
            f"{options.file.name} không cho biết là biểu của cơ quan nào, kỳ nào; xin ghi --agency, --cycle"
        )


def _judge_now(options: argparse.Namespace, data: bytes) -> Judgement:
    """What the real intake would say of a file that came in now; without a store, nothing is known of the past."""
    from kybaocao.stages.validate import judge_return
    from kybaocao.store.submissions import latest_accepted

    p = Pass.begin(options.cycle, now())
    accepted = None
    if p.home.has_store:
        with p.store.read() as connection:
            accepted = latest_accepted(connection, options.cycle, options.agency)
    return judge_return(p, options.agency, data, p.as_of, accepted)


def _status(options: argparse.Namespace) -> int:
    from kybaocao.cli.status_words import describe_status
    from kybaocao.stages.support.status import gather_status

    cycles = [options.cycle] if options.cycle else [c for f in list_plan_folders() for c in plan_in_force(f).cycles]
    found = []
    for cycle in cycles:
        options.cycle = cycle
        found.append(gather_status(begin_pass(options)))
    if options.json:
        print_json(found if len(found) != 1 else found[0])
    else:
        print("\n\n".join(describe_status(one) for one in found))
    return 0


def _pass(options: argparse.Namespace) -> int:
    from kybaocao.stages.whole_pass import PassError, run_pass

    p = begin_pass(options)
    _note_pass(p, is_moment_given=bool(options.as_of))
    errors: Mapping[str, Exception] = {}
    try:
        if options.deliver:
            os.environ.setdefault("AIRFLOW_HOME", str(p.home.root / "airflow"))
            from kybaocao.adapters.smtp import CONNECTION, has_connection, open_smtp

            if not has_connection():
                raise UsageError(f"chưa khai báo kết nối thư {CONNECTION} trong Airflow nên không gửi được thư")
            with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email) as connect:
                outcome = run_pass(p, is_asked=options.report, connect=connect)
        else:
            outcome = run_pass(p, is_asked=options.report)
    except PassError as failure:
        outcome, errors = failure.outcome, failure.errors
    if options.json:
        print_json(outcome | {"errors": {agency: str(error) for agency, error in errors.items()}})
    else:
        for key, value in outcome.items():
            print(f"{key}: {value}")
    for agency, error in errors.items():
        print(f"{agency}: lỗi của hệ thống, cơ quan này chưa được phục vụ", file=sys.stderr)
        traceback.print_exception(error)
    return 1 if errors or outcome["mail_error"] else 0


def _note_pass(p: Pass, *, is_moment_given: bool) -> None:
    """Record who begins a pass. Raises UsageError for a given moment where real passes have run."""
    from kybaocao.store.passes import COMMAND, has_live_passes, record_pass

    with p.store.write() as connection:
        if is_moment_given and not is_replay_system() and has_live_passes(connection):
            raise UsageError(
                "kho dữ liệu này đang được dùng thật nên không nhận --as-of: lượt chạy lấy thời điểm từ đồng hồ. "
                "Diễn thử thì dùng một KYBAOCAO_HOME khác"
            )
        record_pass(connection, p.cycle.id, run="", kind=COMMAND, actor=name_user(), as_of=p.as_of, begun_at=now())


def _report(options: argparse.Namespace) -> int:
    from kybaocao.documents.package import write_report
    from kybaocao.documents.report.content import content_checksum, write_content
    from kybaocao.stages.aggregate import aggregate_returns
    from kybaocao.stages.compile_report import load_supplement
    from kybaocao.store.reports import load_snapshot

    p = begin_pass(options)
    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        snapshot = load_snapshot(connection, saved)
    content = write_content(p.plan, p.cycle, snapshot, load_supplement(p))
    files = write_report(p.plan, p.cycle, content, options.out, p.as_of)
    if options.json:
        print_json({"content": content_checksum(content), "files": {name: str(path) for name, path in files.items()}})
    else:
        print("\n".join(str(path) for path in files.values()))
    return 0


def _lineage(options: argparse.Namespace) -> int:
    from kybaocao.imported.snapshot import take_imported_snapshot
    from kybaocao.stages.aggregate import aggregate_returns
    from kybaocao.store.reports import load_snapshot

    p = begin_pass(options)
    if options.indicator not in {indicator.id for indicator in p.plan.indicators}:
        raise UsageError(f"không có chỉ tiêu “{options.indicator}”")
    saved = aggregate_returns(p).snapshot
    with p.store.read() as connection:
        result = load_snapshot(connection, saved).indicator(options.indicator)
        imported = take_imported_snapshot(connection, p.plan, p.cycle.id, p.calendar)
    found = [one for one in imported.indicators if one.id == result.id] if imported else []
    result = found[0] if found else result  # of a cycle that was run by hand
    before = result.previous_imported.origins if result.previous_imported else ()
    figures = {key: None if value is None else str(value) for key, value in vars(result.cumulative).items()}
    if options.json:
        said = {"indicator": result.id, "figures": figures, "coverage": result.coverage}
        print_json(said | {"origins": [vars(one) for one in result.origins], "previous": [vars(one) for one in before]})
        return 0
    print(f"{result.id}: {figures} – {result.coverage}")
    print("".join(f"  {_describe_origin(origin)}\n" for origin in result.origins), end="")
    if before:
        print("Kỳ trước:\n" + "\n".join(f"  {_describe_origin(origin)}" for origin in before))
    return 0


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


def _backtest(options: argparse.Namespace) -> int:
    from kybaocao.cli.backtest import run_backtest, summarise

    p = begin_pass(options)
    tried = load_plan(options.config) if options.config else p.plan
    if options.cycle not in tried.cycles:
        raise UsageError(f"cấu hình {options.config} không có kỳ “{options.cycle}”")
    found = summarise(run_backtest(p, tried, options.on or p.local.date()))
    if options.json:
        print_json(found)
        return 0
    words = {"accepted": "tiếp nhận", "returned": "trả lại", "unreadable": "không đọc được"}
    print(f"Đã xét {found['versions']} bản; {found['verdicts_changed']} bản đổi kết quả.")
    for code, counts in found["codes"].items():
        reported = [
            ", ".join(f"{count} {_SEVERITIES[Severity(severity)].lower()}" for severity, count in weights.items())
            or "0"
            for weights in counts["severities"].values()
        ]
        print(f"  {code}: {' → '.join(reported)}")
    for change in found["changes"]:
        print(f"{change['receipt']}: {words[change['before']]} → {words[change['after']]}")
        print("\n".join([f"  + {one}" for one in change["appearing"]] + [f"  - {one}" for one in change["vanishing"]]))
    return 0


def _season(options: argparse.Namespace) -> int:
    from kybaocao.season.chance import write_season
    from kybaocao.season.playing import Played, play_season
    from kybaocao.season.proof import find_breaches
    from kybaocao.season.register import size_plan
    from kybaocao.season.story import Count, count_season, describe_count, tell_season

    if options.replay:
        return _replay(options)
    if options.seasons < 1 or (options.agencies is not None and options.agencies < 1):
        raise UsageError("số mùa (--seasons) và số cơ quan (--agencies) phải từ 1 trở lên")
    cycle = options.cycle or _latest_cycle()
    try:
        plan = _with_ladder(find_plan(cycle), options.ladder)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    plan = size_plan(plan, options.agencies or len(plan.expected))
    begun, total, breaches = time.monotonic(), Count(), []
    played: Played | None = None
    for seed in range(options.seed, options.seed + options.seasons):
        played = play_season(write_season(plan, cycle, seed))
        total.add(count_season(played))
        breaches += [f"mùa --seed {seed}: {breach}" for breach in find_breaches(played)]
    seconds = time.monotonic() - begun
    if options.json:
        print_json(vars(total) | {"seconds": round(seconds, 3), "breaches": breaches})
    else:
        if options.seasons == 1 and played is not None:
            print(tell_season(played), end="\n\n")
        print(describe_count(total, seconds, breaches))
    return 1 if breaches else 0


def _replay(options: argparse.Namespace) -> int:
    from kybaocao.season.playing import play_season
    from kybaocao.season.replay import ReplayError, describe_sent, list_sent, read_replay

    try:
        season = read_replay(options.replay)
    except ReplayError as error:
        raise UsageError(str(error)) from None
    sent = list_sent(play_season(replace(season, plan=_with_ladder(season.plan, options.ladder))))
    if options.json:
        print_json([vars(one) for one in sent])
    else:
        print(describe_sent(sent))
    return 0


def _with_ladder(plan: Plan, path: Path | None) -> Plan:
    return plan if path is None else replace(plan, ladder=load_ladder(path, plan))


def _latest_cycle() -> str:
    cycles = [cycle for folder in list_plan_folders() for cycle in plan_in_force(folder).cycles.values()]
    if not cycles:
        raise UsageError("chưa có kỳ báo cáo nào trong cấu hình")
    return max(cycles, key=lambda cycle: cycle.due_before).id


def _bounce(options: argparse.Namespace) -> int:
    from kybaocao.store.bounces import forget_bounce, list_bounces, record_bounce

    store, moment, by = open_store(Home.from_environment()), now(), name_user()
    store.upgrade()
    if options.address is not None:
        if "@" not in options.address:
            raise UsageError(f"“{options.address}” không phải địa chỉ thư điện tử")
        with store.write() as connection:
            if options.undo:
                is_changed = forget_bounce(connection, options.address, at=moment, reported_by=by)
            else:
                is_changed = record_bounce(
                    connection, options.address, at=moment, reason=options.reason, reported_by=by
                )
        if not is_changed:
            raise UsageError(f"{options.address}: {'chưa từng' if options.undo else 'đã'} được ghi nhận bị trả lại")
    with store.read() as connection:
        found = [vars(bounce) for bounce in list_bounces(connection, moment).values()]
    if options.json:
        print_json(found)
    else:
        print("\n".join(f"{one['address']}: {one['reason']} ({one['reported_by']})" for one in found) or "Không có.")
    return 0


def _store(_options: argparse.Namespace) -> int:
    open_store(Home.from_environment()).upgrade()
    return 0


def _up(options: argparse.Namespace) -> int:
    from kybaocao.embedded.system import System, find_free_port, is_port_free

    smtp_port = 1025 if is_port_free(1025) else find_free_port()
    system = System(Home.from_environment().root, options.port, smtp_port)
    try:
        system.start()
    except RuntimeError as error:
        raise UsageError(str(error)) from None
    print(f"Airflow: {system.url}")
    for user, password in system.passwords().items():
        print(f"  tài khoản {user}, mật khẩu {password}")
    print(f"Thư mục dùng chung: {system.home / 'shared'}\nThư đã gửi: {system.home / 'mail'}\nDừng: make down")
    return 0


def _down(_options: argparse.Namespace) -> int:
    from kybaocao.embedded.system import System

    System(Home.from_environment().root).stop()
    return 0


def _demo(options: argparse.Namespace) -> int:
    from kybaocao.demo.play import Clock, play_against, play_season
    from kybaocao.embedded.api import AirflowApi

    if not options.url:
        return play_season(keep=options.keep)
    api = AirflowApi(options.url, "admin", os.environ["ADMIN_PASSWORD"])
    return play_against(api, AirflowApi(options.url, "lanhdao", os.environ["LANHDAO_PASSWORD"]), Clock())
