"""Contradictions between the files of a plan: reported with file, line and field; the wrong entry is left out.

calendar x cycle       no working day between data cut-off and sending (Nghị định 09/2019, Điều 8 khoản 5)
ladder x cycle         a reminder step that would come after the report has left
form x targets         a stock asked for as if it arose in the period; a target that no table asks for
decision x everything  an unknown agency, cycle or rule, a deadline that does not fit
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from pydantic import ValidationError

from kybaocao.findings import TEMPLATES, load_catalogue
from kybaocao.plan.adjustments import Adjustment, Adjustments, DeadlineMove, Exemption, Extension, RuleWaiver
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import PERIOD
from kybaocao.plan.ladder import reminder_step_moments
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Ladder, ReminderStep
from kybaocao.plan.targets import DENOMINATOR, Measure, Nature
from kybaocao.plan.watching import FILE as WATCHING
from kybaocao.vietnamese import format_date, format_moment, name_day
from kybaocao.yaml_source import FieldError, Problem, SourceLines

ADJUSTMENTS = "dieu_chinh.yaml"
EARLIER_FORMS = "bieu_mau_cu.yaml"
Refused = tuple[Adjustment, Problem]


def settle_plan(plan: Plan, problems: list[Problem], lines: SourceLines) -> Plan:
    """The plan with the problems found while loading and those between its files.

    An entry that contradicts another file is left out: a cycle, the ladder, a decision.
    """
    impossible = {problem.item: problem for problem in find_impossible_cycles(plan, lines)}
    settled = replace(plan, cycles={c: cycle for c, cycle in plan.cycles.items() if c not in impossible})
    unusable = find_unusable_reminder_steps(settled, lines)
    settled = replace(settled, ladder=None if unusable else settled.ladder)
    misfits = list(find_misfits_of_form(settled, lines))
    settled = replace(settled, edition=None if misfits else settled.edition)
    refused = find_refused_decisions(settled, lines)
    found = (
        *problems,
        *impossible.values(),
        *find_unresolved(plan, lines),
        *unusable,
        *misfits,
        *(problem for _, problem in refused),
    )
    kept = settled.adjustments.without(entry for entry, _ in refused)
    return replace(settled, adjustments=kept, problems=found, source_lines=lines)


def find_unresolved(plan: Plan, lines: SourceLines) -> Iterator[Problem]:
    """References to agencies and cycles that do not exist."""
    known = {*plan.agencies, *plan.header.groups}
    nobody = "không có cơ quan “{}”"
    for file, entries in (("nhiem_vu.yaml", plan.tasks), ("nghia_vu.yaml", plan.obligations)):
        for task in entries:
            for code in task.leads:
                if code not in known:
                    yield Problem(file, lines.line_of(task, "chu_tri"), "chu_tri", nobody.format(code), task.id)
    for indicator in plan.indicators:
        named: list[tuple[tuple[str | int, ...], str]] = [((), code) for code in indicator.reporters]
        named += [(("thanh_phan", i), code) for i, part in enumerate(indicator.parts) for code in part.reporters]
        for path, code in named:
            if code not in known:
                line = lines.line_of(indicator, *path, "co_quan_bao_cao")
                yield Problem("chi_tieu.yaml", line, "co_quan_bao_cao", nobody.format(code), indicator.id)
    yield from _find_unreported_promises(plan, lines)
    yield from _find_unknown_figures(plan, lines)
    for agency in plan.agencies.values():
        if (heir := agency.merged_into) is not None and heir not in plan.agencies:
            yield Problem("co_quan.csv", lines.line_of(agency), "sap_nhap_vao", nobody.format(heir), agency.code)
    for contact in plan.contacts:
        if (code := contact.agency) not in plan.agencies:
            yield Problem("lien_he.csv", lines.line_of(contact), "ma", nobody.format(code), code)
    seen: set[str] = set()
    for former in plan.former_names:
        if (code := former.agency) not in plan.agencies and code not in seen:
            seen.add(code)
            yield Problem("ten_cu.csv", lines.line_of(former), "ma", nobody.format(code), code)
    yield from _find_unknown_watched(plan, lines)
    for cycle in plan.cycles.values():
        if cycle.previous is not None and cycle.previous not in plan.cycles:
            line = lines.line_of(cycle, "ky_truoc")
            yield Problem("ky_bao_cao.yaml", line, "ky_truoc", f"không có kỳ “{cycle.previous}”", cycle.id)
    for index, step in enumerate(plan.ladder.reminder_steps if plan.ladder else ()):
        message = (
            "" if step.is_collective else "dự thảo công văn chỉ kèm theo thư chung, không kèm thư của từng cơ quan"
        )
        if step.official_letter and (message or step.official_letter not in plan.official_letters):
            line = lines.line_of(plan.ladder, "bac", index, "cong_van")
            message = message or f"không có công văn “{step.official_letter}” trong cong_van.yaml"
            yield Problem("bac_thang.yaml", line, f"bac.{index + 1}.cong_van", message)
    if (code := plan.header.coordinator) not in plan.agencies:
        line = lines.line_of(plan.header, "co_quan_dau_moi")
        yield Problem("ke_hoach.yaml", line, "co_quan_dau_moi", nobody.format(code))


def _find_unknown_watched(plan: Plan, lines: SourceLines) -> Iterator[Problem]:
    """Accounts that watch agencies or groups that are none."""
    for one in plan.watchings:
        for code in one.agencies:
            if code not in plan.agencies:
                message = f"không có cơ quan “{code}”"
                yield Problem(WATCHING, lines.line_of(one, "co_quan"), "co_quan", message, one.account)
        for group in one.groups:
            if group not in plan.header.groups:
                known = ", ".join(plan.header.groups)
                message = f"không có nhóm “{group}”; các nhóm (ke_hoach.yaml): {known}"
                yield Problem(WATCHING, lines.line_of(one, "nhom"), "nhom", message, one.account)


def find_misfits_of_form(plan: Plan, lines: SourceLines) -> Iterator[Problem]:
    """Targets that the form asks for wrongly or not at all, and an edition that is both in force and an earlier one."""
    edition, file = plan.edition, "bieu_mau.yaml"
    if edition is None:
        return
    if any(edition.id == one.id for one in plan.earlier_editions):
        message = f"phiên bản {edition.id} đã có trong {EARLIER_FORMS}; sửa cấu trúc biểu mẫu thì đổi phien_ban"
        yield Problem(file, lines.line_of(edition, "phien_ban"), "phien_ban", message)
    targets = {indicator.id for indicator in plan.indicators}
    for earlier in plan.earlier_editions:
        for code in earlier.asked_as:
            if code not in targets:
                line = lines.line_of(earlier, "cach_do_cu", code)
                yield Problem(EARLIER_FORMS, line, f"cach_do_cu.{code}", f"không có chỉ tiêu “{code}”", earlier.id)
    places = [(s, t, table) for s, sheet in enumerate(edition.sheets) for t, table in enumerate(sheet.tables)]
    for s, t, table in places:
        stocks = [one.id for one in plan.indicators if table.asks(one) and one.nature is Nature.STOCK]
        for c, column in enumerate(table.columns if stocks else ()):
            if column.id in chain.from_iterable(PERIOD.values()):
                at = ("trang", s, "bang", t, "cot", c, "ma")
                named = ".".join(str(step + 1) if isinstance(step, int) else step for step in at)
                message = f"{', '.join(stocks)} là số tồn (tinh_chat: ton), không có số riêng của kỳ: bỏ cột "
                message += f"“{column.heading}”, hoặc ghi tinh_chat: [phat_sinh] cho bảng và lập bảng khác cho số tồn"
                yield Problem(file, lines.line_of(edition, *at), named, message)
    for indicator in plan.indicators:
        if sum(table.asks(indicator) for _, _, table in places) != 1:
            message = f"phải có đúng một bảng của {file} hỏi chỉ tiêu này (theo cach_do và tinh_chat của bảng)"
            yield Problem("chi_tieu.yaml", lines.line_of(indicator, "tinh_chat"), "tinh_chat", message, indicator.id)


def _find_unreported_promises(plan: Plan, lines: SourceLines) -> Iterator[Problem]:
    """Tasks done only when a target is met that nobody knows, or that none of those who hold the task reports."""
    targets, field = {indicator.id: indicator for indicator in plan.indicators}, "hoan_thanh_khi_dat"
    for file, entries in (("nhiem_vu.yaml", plan.tasks), ("nghia_vu.yaml", plan.obligations)):
        for task in entries:
            for code in task.done_when_met:
                target = targets.get(code)
                if target is None:
                    message = f"không có chỉ tiêu “{code}”"
                elif file == "nghia_vu.yaml":
                    message = "chỉ dùng cho nhiệm vụ của mục III (nhiem_vu.yaml)"
                elif not {*plan.members(task.leads)} & {*plan.members(target.reporters)}:
                    message = f"không cơ quan chủ trì nào của nhiệm vụ báo cáo chỉ tiêu {code}"
                else:
                    continue
                yield Problem(file, lines.line_of(task, field), field, message, task.id)


def _find_unknown_figures(plan: Plan, lines: SourceLines) -> Iterator[Problem]:
    """Cross-checks with a figure that no target has, or that counts another kind of thing."""
    rows = {row: one for one in plan.indicators for row in (one.id, *(part.id for part in one.parts))}
    for indicator in plan.indicators:
        for index, check in enumerate(indicator.cross_checks):
            other, field, message = rows.get(check.other), "voi", ""
            if other is None:
                message = f"không có chỉ tiêu hoặc thành phần “{check.other}”"
            elif other.is_separate and check.other == other.id:
                message = f"chỉ tiêu {check.other} tính riêng từng thành phần; đối chiếu với một thành phần"
            elif other.nature is not indicator.nature:
                message = f"số tồn không đối chiếu được với số phát sinh ({indicator.id}, {check.other})"
            elif check.other_figure == DENOMINATOR and other.measure is Measure.COUNT:
                field, message = "so_kia", f"chỉ tiêu so_luong {check.other} không có mẫu số để đối chiếu"
            if message:
                line = lines.line_of(indicator, "doi_chieu", index, field)
                yield Problem("chi_tieu.yaml", line, f"doi_chieu.{index + 1}.{field}", message, indicator.id)


def find_impossible_cycles(plan: Plan, lines: SourceLines) -> list[Problem]:
    """Cycles that leave agencies no working day between the end of the data and the last day for sending it."""
    if plan.calendar is None:
        return []
    calendar = Calendar.of(plan.calendar, plan.timezone)
    return [
        Problem("ky_bao_cao.yaml", lines.line_of(cycle, "ky_den"), "ky_den", _describe_haste(cycle), cycle.id)
        for cycle in plan.cycles.values()
        if not calendar.leaves_time(cycle)
    ]


def _describe_haste(cycle: Cycle) -> str:
    return (
        f"từ khi chốt số liệu ({name_day(cycle.period_to)}) đến hạn cuối ({name_day(cycle.due_on)}) không có ngày "
        "làm việc nào; phải có ít nhất 01 ngày làm việc (Nghị định 09/2019/NĐ-CP, khoản 5 Điều 8)"
    )


def find_unusable_reminder_steps(plan: Plan, lines: SourceLines, file: str = "bac_thang.yaml") -> list[Problem]:
    """Reminder steps whose letter nobody has written, and reminder steps that come when the report is already due.

    A reminder step that repeats may come later: it is for whoever owes even then.
    """
    if plan.ladder is None:
        return []
    mistakes = [
        (index, "mau", f"không có mẫu thư “{step.template}”")
        for index, step in enumerate(plan.ladder.reminder_steps)
        if not (TEMPLATES / "mail" / f"{step.template}.j2").is_file()
    ]
    if plan.calendar is not None:
        calendar = Calendar.of(plan.calendar, plan.timezone)
        mistakes += [
            (index, "ngay_lam_viec", _describe_delay(step, moment, cycle, plan))
            for cycle in plan.cycles.values()
            for index, step, moment in list_overlong(cycle, plan.ladder, calendar)
        ]
    return [
        Problem(file, lines.line_of(plan.ladder, "bac", index, key), f"bac.{index + 1}.{key}", message)
        for index, key, message in mistakes
    ]


def list_overlong(cycle: Cycle, ladder: Ladder, calendar: Calendar) -> list[tuple[int, ReminderStep, dt.datetime]]:
    """(index, step, moment) of each step that does not repeat and comes after the coordinator's own deadline."""
    limit = calendar.moment(cycle.so_tai_chinh_before, dt.time.min)
    once = [(index, step) for index, step in enumerate(ladder.reminder_steps) if step.repeat_every_working_days is None]
    moments = [
        (index, step, next(reminder_step_moments(step, cycle.due_before, ladder, calendar))) for index, step in once
    ]
    return [(index, step, moment) for index, step, moment in moments if moment >= limit]


def _describe_delay(step: ReminderStep, moment: dt.datetime, cycle: Cycle, plan: Plan) -> str:
    return (
        f"bậc {step.id} của kỳ {cycle.id} rơi vào {format_moment(moment)}, sau hạn cuối của {plan.coordinator} "
        f"({name_day(cycle.so_tai_chinh_due_on)}) nên không còn kịp"
    )


# --- decisions --------------------------------------------------------------------------------------------


def find_refused_decisions(plan: Plan, lines: SourceLines) -> list[Refused]:
    """Decisions that cannot be carried out, each with the reason."""
    moves = list(_refuse_moves(plan, lines))
    sound = plan.adjustments.without(entry for entry, _ in moves)
    others: list[Extension | Exemption | RuleWaiver] = [*sound.extensions, *sound.exemptions, *sound.waivers]
    seen: set[tuple[object, ...]] = set()
    found = moves
    for entry in others:
        field, message = _judge(entry, plan, sound, seen) or ("", "")
        if message:
            found.append((entry, _problem(entry, field, message, lines)))
    return found


def _problem(entry: Adjustment, field: str, message: str, lines: SourceLines) -> Problem:
    item = getattr(entry, "agency", entry.cycle)
    return Problem(ADJUSTMENTS, lines.find_line(entry, field), field, message, item)  # no line: granted, in no file


def _refuse_moves(plan: Plan, lines: SourceLines) -> Iterator[Refused]:
    calendar = Calendar.of(plan.calendar, plan.timezone) if plan.calendar else None
    moved: dict[str, Cycle] = {}
    days: set[tuple[str, dt.date]] = set()
    for move in plan.adjustments.moves:
        cycle = moved.get(move.cycle) or plan.cycles.get(move.cycle)
        mistake: tuple[str, str] | None = None
        if cycle is None:
            mistake = ("ky", f"không có kỳ “{move.cycle}”")
        elif (move.cycle, move.dated) in days:
            mistake = ("ngay", f"hạn của kỳ này đã được đổi ở trên trong cùng ngày {format_date(move.dated)}")
        else:
            try:
                moved[move.cycle] = new = move.applied_to(cycle)
            except ValidationError as error:
                mistake = _describe_dates(error, move)
            else:
                mistake = _judge_move(new, plan, calendar)
                if mistake:
                    moved[move.cycle] = cycle
        days.add((move.cycle, move.dated))
        if mistake:
            yield move, _problem(move, *mistake, lines)


def _describe_dates(error: ValidationError, move: DeadlineMove) -> tuple[str, str]:
    """The mistake between the moved cycle's dates, at the date of the decision that makes it."""
    cause = error.errors(include_url=False)[0].get("ctx", {}).get("error")
    named = str(cause.at[0]) if isinstance(cause, FieldError) else ""
    written = {field.alias for name, field in DeadlineMove.model_fields.items() if name in move.model_fields_set}
    return (named if named in written else "truoc_ngay_co_quan", str(cause))


def _judge_move(cycle: Cycle, plan: Plan, calendar: Calendar | None) -> tuple[str, str] | None:
    if calendar is None:
        return None
    if not calendar.leaves_time(cycle):
        return "truoc_ngay_co_quan", _describe_haste(cycle)
    overlong = list_overlong(cycle, plan.ladder, calendar) if plan.ladder else []
    if overlong:
        _, step, moment = overlong[0]
        delay = _describe_delay(step, moment, cycle, plan)
        return "truoc_ngay_co_quan", f"{delay}; đổi cả truoc_ngay_so_tai_chinh, hoặc rút ngắn bậc thang"
    return None


def _judge(
    entry: Extension | Exemption | RuleWaiver, plan: Plan, sound: Adjustments, seen: set[tuple[object, ...]]
) -> tuple[str, str] | None:
    """(field, reason) of a decision for one agency that cannot stand; None when it can."""
    if entry.cycle not in plan.cycles:
        return "ky", f"không có kỳ “{entry.cycle}”"
    agency = plan.agencies.get(entry.agency)
    if agency is None:
        return "co_quan", f"không có cơ quan “{entry.agency}”"
    if not agency.is_expected:
        return "co_quan", f"{agency.name} không thuộc diện phải nộp báo cáo"
    mistake: tuple[str, str] | None = None
    mark: tuple[object, ...] = (type(entry), entry.cycle, entry.agency)
    if isinstance(entry, Extension):
        mark += (entry.dated,)
        mistake = _judge_extension(entry, sound.cycle_on(plan.cycles[entry.cycle], entry.dated))
    elif isinstance(entry, RuleWaiver):
        mark += (entry.rule, entry.dated)
        if entry.rule not in load_catalogue():
            mistake = "quy_tac", f"không có quy tắc “{entry.rule}”"
        elif plan.edition is not None and not plan.edition.can_weigh(entry.rule):
            mistake = "quy_tac", f"quy tắc “{entry.rule}” không thể miễn: ô sai thì không đọc được số"
    if mark in seen:
        return "co_quan", "đã có quyết định này ở trên"
    seen.add(mark)
    return mistake


def _judge_extension(entry: Extension, cycle: Cycle) -> tuple[str, str] | None:
    new = f"trước ngày {format_date(entry.due_before)}"
    if entry.due_before <= cycle.due_before:
        return "truoc_ngay", f"hạn mới ({new}) không muộn hơn hạn chung (trước ngày {format_date(cycle.due_before)})"
    if entry.due_before > cycle.closes_on:
        return "truoc_ngay", f"hạn mới ({new}) sau ngày đóng kỳ {format_date(cycle.closes_on)}"
    if entry.dated >= entry.due_before:
        return "ngay", f"ngày quyết định {format_date(entry.dated)} sau chính hạn mới ({new})"
    return None
