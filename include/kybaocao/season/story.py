"""One season described day by day; many seasons in figures."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kybaocao.plan.calendar import Calendar
from kybaocao.plan.ladder import Key, Step
from kybaocao.plan.plan import Plan
from kybaocao.plan.reminder_steps import Addressee, ReminderStep
from kybaocao.plan.verdict import Verdict
from kybaocao.season.events import Drop, Part, Season
from kybaocao.season.playing import Letter, Played, Taken
from kybaocao.vietnamese import format_date, format_moment, format_number, format_percent, name_day

SHOWN = 5  # agencies named in one line
WHO = {
    Addressee.OFFICER: "cán bộ đầu mối",
    Addressee.HEAD: "thủ trưởng",
    Addressee.COORDINATOR: "một danh sách gửi lãnh đạo {coordinator}",
    Addressee.CHAIRMAN: "một trang gửi Chủ tịch",
}
VERDICTS = {
    Verdict.ACCEPTED: "tiếp nhận",
    Verdict.RETURNED: "trả lại",
    Verdict.UNREADABLE: "trả lại, không đọc được",
}


def tell_season(played: Played) -> str:
    """The story of one season: every day on which something happened, in the order of the clock."""
    season, plan = played.season, played.season.plan
    lines = [_introduce(season)]
    day = dt.date.min
    for moment, line in sorted(_list_events(played), key=lambda event: event[0]):
        local = moment.astimezone(plan.timezone)
        if local.date() != day:
            day = local.date()
            lines.append(f"\n{name_day(day)}")
        lines.append(f"  {local:%H:%M}  {line}")
    return "\n".join(lines)


def _introduce(season: Season) -> str:
    plan = season.plan
    dates = plan.explain_dates(season.cycle)
    title = plan.require_cycle(season.cycle).title
    return "\n".join(
        [
            f"Mùa báo cáo mô phỏng: {title} ({season.cycle}), {len(plan.expected)} cơ quan",
            *(f"  {d.words}" for d in dates),
        ]
    )


def _list_events(played: Played) -> Iterator[tuple[dt.datetime, str]]:
    season, plan = played.season, played.season.plan
    calendar = Calendar.of(plan.require_calendar(), plan.timezone)
    yield from _describe_forms(played)
    yield from _describe_decisions(plan, season.cycle, calendar)
    for stop in season.outages:
        part = "Hệ thống ngừng chạy" if stop.part is Part.SCHEDULER else "Máy chủ thư ngừng"
        yield stop.begins, f"{part} đến {format_moment(stop.ends.astimezone(plan.timezone))}."
    for wrong in season.clocks:
        minutes = round(abs(wrong.ahead) / dt.timedelta(minutes=1))
        way = "nhanh" if wrong.ahead > dt.timedelta(0) else "chậm"
        until = format_moment(wrong.ends.astimezone(plan.timezone))
        yield wrong.begins, f"Đồng hồ của hệ thống chạy {way} {minutes} phút, đến {until}."
    accepted: set[str] = set()
    for look, drop in played.judged:
        is_first = drop.file.verdict == Verdict.ACCEPTED and drop.agency not in accepted
        accepted |= {drop.agency} if is_first else set()
        count = f" ({len(accepted)}/{len(plan.expected)})" if is_first else ""
        late = _describe_wait(drop, played.looks[look].at, plan)
        yield drop.at, f"{drop.agency} nộp {drop.file.value}: {VERDICTS[drop.file.verdict]}{late}{count}."
    yield from _describe_letters(played)
    for letter in played.positions:
        yield letter.sent_at, f"Thư tình hình → lãnh đạo {plan.coordinator}."


def _describe_forms(played: Played) -> Iterator[tuple[dt.datetime, str]]:
    """When forms were issued, with the opening letter; most of them by the first pass of the open cycle."""
    looks: dict[int, list[str]] = {}
    for agency, look in played.issued.items():
        looks.setdefault(look, []).append(agency)
    for number, (look, agencies) in enumerate(looks.items()):
        what = "Phát biểu mẫu" if number else "Mở kỳ báo cáo, phát biểu mẫu"
        yield played.looks[look].as_of, f"{what} cho {_name_agencies(agencies)}."


def _describe_wait(drop: Drop, judged_at: dt.datetime, plan: Plan) -> str:
    if judged_at - drop.at <= dt.timedelta(minutes=5):
        return ""
    return f" lúc {format_moment(judged_at.astimezone(plan.timezone))}"


def _describe_decisions(plan: Plan, cycle: str, calendar: Calendar) -> Iterator[tuple[dt.datetime, str]]:
    decided = plan.adjustments

    def at(day: dt.date) -> dt.datetime:
        return calendar.moment(day, dt.time.min)

    for move in decided.moves:
        if move.cycle == cycle:
            yield at(move.dated), f"Đổi hạn chung: trước ngày {format_date(move.due_before)}."
    for given in decided.extensions:
        if given.cycle == cycle:
            yield at(given.dated), f"{given.agency} được gia hạn: trước ngày {format_date(given.due_before)}."
    for freed in decided.exemptions:
        if freed.cycle == cycle:
            yield at(freed.dated), f"{freed.agency} được miễn nộp báo cáo."
    opens, closes = plan.require_cycle(cycle).opens.date, plan.require_cycle(cycle).closes_on
    for agency in plan.expected:
        if opens < agency.opens_on <= closes:
            yield at(agency.opens_on), f"{agency.code} bắt đầu hoạt động."
        if opens <= agency.closes_on < closes:
            yield at(agency.closes_on), f"{agency.code} kết thúc hoạt động sau ngày này."
    for contact in plan.contacts:
        if opens <= contact.valid_until < closes:
            who = WHO[Addressee(contact.role.value)]
            yield at(contact.valid_until), f"{contact.agency}: địa chỉ của {who} hết hiệu lực sau ngày này."


def _describe_letters(played: Played) -> Iterator[tuple[dt.datetime, str]]:
    """Steps of one reminder step to the same addressee, taken in one pass and sent in one, are one line."""
    sent: dict[tuple[str, Key], list[tuple[Letter, Step]]] = {}
    for letter in played.letters:
        for outstanding, step in letter.notice.steps:
            sent.setdefault((outstanding.agency, step.key), []).append((letter, step))
    dropped = {(one.agency, one.key) for one in played.dropped}
    groups: dict[tuple[Any, ...], list[Taken]] = {}
    for taken in played.taken:
        mark = (taken.agency, taken.step.key)
        letters = sent.get(mark, [])
        step = letters[0][1] if letters else taken.step
        carrier = letters[0][0].notice.reminder_step if letters and step.to.is_collective else step.reminder_step
        sent_look = letters[0][0].look if letters else None
        groups.setdefault((taken.look, sent_look, mark in dropped, carrier.id, step.to), []).append(taken)
    plan = played.season.plan
    reminder_steps = {reminder_step.id: reminder_step for reminder_step in plan.require_ladder().reminder_steps}
    for (look, sent_look, is_dropped, reminder_step, to), steps in groups.items():
        line = _describe_steps(steps, reminder_steps[reminder_step], to, plan.coordinator)
        carriers = [letter for one in steps for letter, _ in sent.get((one.agency, one.step.key), [])]
        if digests := {id(letter) for letter in carriers if letter.notice.is_digest}:
            line += f"; {len(digests)} thư gửi chung cho người phụ trách nhiều cơ quan"
        if is_dropped:
            line += "; thư chờ gửi đã được rút vì không còn cần"
        elif sent_look is None:
            line += "; thư còn chờ gửi"
        elif sent_look != look:
            line += f"; gửi được lúc {format_moment(played.looks[sent_look].as_of.astimezone(plan.timezone))}"
        yield played.looks[look].as_of, line + "."


def _describe_steps(steps: list[Taken], reminder_step: ReminderStep, to: Addressee, coordinator: str) -> str:
    agencies = _name_agencies([one.agency for one in steps])
    line = f"{reminder_step.name} → {WHO[to].format(coordinator=coordinator)}, {agencies}"
    if to is not reminder_step.to:
        line += f"; thay cho {WHO[reminder_step.to]} vì chưa có địa chỉ"
    if lost := [one.agency for one in steps if one.step.reminder_step != reminder_step]:
        line += f"; chưa có địa chỉ của {', '.join(lost[:SHOWN])}"
    if absorbed := {old.reminder_step.id for one in steps for old in one.step.absorbs}:
        line += f"; gộp {', '.join(sorted(absorbed))}"
    return line


def _name_agencies(codes: list[str]) -> str:
    shown = ", ".join(codes[:SHOWN])
    more = f" và {len(codes) - SHOWN} cơ quan khác" if len(codes) > SHOWN else ""
    return f"{len(codes)} cơ quan: {shown}{more}"


# --- figures --------------------------------------------------------------------------------------------------


@dataclass
class Count:
    """Sums over one season, or over many."""

    seasons: int = 0
    agencies: int = 0
    accepted: int = 0
    passes: int = 0
    letters: int = 0
    withdrawn: int = 0  # steps whose letter waited until nobody needed it
    most: int = 0  # letters to one agency in one season
    by_reminder_step: Counter[str] = field(default_factory=Counter)

    def add(self, other: Count) -> None:
        self.seasons += other.seasons
        self.agencies += other.agencies
        self.accepted += other.accepted
        self.passes += other.passes
        self.letters += other.letters
        self.withdrawn += other.withdrawn
        self.most = max(self.most, other.most)
        self.by_reminder_step.update(other.by_reminder_step)


def count_season(played: Played) -> Count:
    heard = {
        (outstanding.agency, letter.look)
        for letter in played.letters
        for outstanding, _ in letter.notice.named
        if not letter.notice.to.is_collective
    }
    per_agency = Counter(agency for agency, _ in heard)
    by_reminder_step = Counter(letter.notice.reminder_step.id for letter in played.letters)
    return Count(
        seasons=1,
        agencies=len(played.season.plan.expected),
        accepted=len({drop.agency for _, drop in played.judged if drop.file.verdict == Verdict.ACCEPTED}),
        passes=len(played.looks),
        letters=len(played.letters),
        withdrawn=len(played.dropped),
        most=max(per_agency.values(), default=0),
        by_reminder_step=Counter(
            {
                r.id: by_reminder_step[r.id]
                for r in played.season.plan.require_ladder().reminder_steps
                if by_reminder_step[r.id]
            }
        ),
    )


def describe_count(count: Count, seconds: float, breaches: Iterable[str]) -> str:
    """Many seasons in a few lines."""
    number = format_number
    lines = [
        f"{number(count.seasons)} mùa, mỗi mùa {count.agencies // count.seasons} cơ quan; "
        f"{number(round(count.seasons / seconds * 60))} mùa mỗi phút.",
        f"Được tiếp nhận: {format_percent(Decimal(100 * count.accepted) / count.agencies)} số báo cáo.",
        f"Thư đôn đốc: trung bình {number(round(count.letters / count.seasons))} thư mỗi mùa; nhiều nhất "
        f"{count.most} thư cho một cơ quan; bỏ {number(count.withdrawn)} lần nhắc không còn cần.",
        *(f"  {reminder_step:<24} {number(total):>10}" for reminder_step, total in count.by_reminder_step.items()),
    ]
    found = list(breaches)
    lines.append("Vi phạm quy tắc đôn đốc: " + (f"{len(found)}" if found else "không có."))
    return "\n".join([*lines, *(f"  - {breach}" for breach in found[:20])])
