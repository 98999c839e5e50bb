"""Letters to the operators about the system itself: a failed task, one that never began, a pass that does not end,
passes held back.

They are sent at once, outside the outbox, because the store may be what is broken; their keys make each of
them one mail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kybaocao.mail.messages import write_message
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.recipients import allowed_people
from kybaocao.store.outbox import KEY_LENGTH, Message
from kybaocao.vietnamese import format_moment
from kybaocao.watch.mute_tasks import MuteTask
from kybaocao.watch.observation import Cause, HeldRun, Hold, Reason, SlowRun

TASK_KIND, PASS_KIND, HOLD_KIND, MUTE_KIND = (
    "canh_bao_tac_vu",
    "canh_bao_luot",
    "canh_bao_luot_doi",
    "canh_bao_tac_vu_im",
)
LISTED = 20  # runs named in a mail
_COMPONENTS = {
    "scheduler": "bộ lập lịch (scheduler)",
    "triggerer": "bộ theo dõi thư mục và câu hỏi phê duyệt (triggerer)",
    "dag_processor": "bộ đọc DAG (dag-processor)",
    "redis": "hàng đợi việc (Redis)",
}
_CAUSES = {  # what holds passes back, and what to do about it
    Cause.PAUSED: (
        "kỳ đang được tạm dừng (Pause) trên Airflow",
        "mở trang của kỳ trên Airflow và bật lại, nếu không còn lý do tạm dừng",
    ),
    Cause.SILENT: (
        "{about} không hoạt động, lần cuối ghi nhận lúc {at}",
        "khởi động lại {about}, xem nhật ký của bộ phận này",
    ),
    Cause.FULL: (
        "đã đủ {most} lượt được mở cùng lúc: {about}",
        "xử lý các lượt nêu trên: trả lời câu hỏi phê duyệt đang chờ, đọc nhật ký của tác vụ chạy lâu rồi chọn Clear",
    ),
    Cause.BUSY: (
        "tác vụ {about} của lượt {run} chưa xong, mà mỗi lúc chỉ một lượt được chạy tác vụ này",
        "đọc nhật ký tác vụ {about} của lượt {run}; nếu tác vụ không chạy tiếp, chọn Clear tác vụ đó",
    ),
    Cause.NO_WORKER: (
        "chưa có tiến trình nào nhận tác vụ đã xếp hàng: {about}",
        "kiểm tra các tiến trình chạy tác vụ (worker; trên một máy là scheduler), khởi động lại nếu cần",
    ),
    Cause.UNKNOWN: ("chưa rõ nguyên nhân", "xem nhật ký của bộ lập lịch (scheduler)"),
}


@dataclass(frozen=True)
class Advice:
    """What a red task means and what to do about it."""

    meaning: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class FailedTask:
    """A task that failed after its last try."""

    run: str
    task: str
    name: str  # as the grid shows it
    row: str  # of a mapped task: "X-04183 UBND xã Mường Lầm"
    map_index: int
    attempts: int
    error: str
    log_url: str


@dataclass(frozen=True)
class ReportedTask:
    """The task that a letter reports as failed."""

    run: str
    task: str
    map_index: int


def read_reported_task(message: Message) -> ReportedTask | None:
    """What a letter made by `write_task_alarm` is about; None when its key is too long to say so."""
    about = message.key.removeprefix(f"{message.cycle}/{TASK_KIND}/")
    found = re.fullmatch(r"(?P<run>.+)/(?P<task>[^/]+)/(?P<row>-?\d+)/\d+", about)
    if found is None or len(message.key) == KEY_LENGTH:
        return None
    return ReportedTask(found["run"], found["task"], int(found["row"]))


def find_advice(help_text: str, name: str) -> Advice:
    """The row about a task in the table of a DAG's help (its doc_md), where it is called as in the grid."""
    for line in help_text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3:
            continue
        if name in [one.strip() for one in cells[0].partition("[")[0].split(",")]:
            return Advice(cells[1].replace("*", ""), cells[2].replace("`", ""))
    return Advice()


def write_task_alarm(at: CycleMoment, failed: FailedTask, advice: Advice) -> Message | None:
    """The mail about a failed task; None when there is nobody to write to. Raises PlanError without recipients."""
    facts = [
        ("Kỳ báo cáo", at.cycle.title),
        ("Lượt chạy", failed.run),
        ("Tác vụ", f"{failed.name} ({failed.task})"),
        *([("Cơ quan", failed.row)] if failed.row else []),
        ("Số lần đã thử", str(failed.attempts)),
        ("Lỗi", failed.error),
        ("Nhật ký", failed.log_url),
    ]
    return _write(
        at,
        "tac_vu_hong",
        TASK_KIND,
        f"{failed.run}/{failed.task}/{failed.map_index}/{failed.attempts}",
        facts=facts,
        run=failed.run,
        task_name=failed.name,
        row=failed.row,
        attempts=failed.attempts,
        meaning=advice.meaning,
        remedy=advice.remedy,
    )


def write_pass_alarm(at: CycleMoment, slow: SlowRun, limit: dt.timedelta, url: str) -> Message | None:
    """The mail about a pass that does not end; None when there is nobody to write to."""
    return _write(
        at,
        "luot_cham",
        PASS_KIND,
        f"{slow.begun_at:%Y%m%dT%H%M%S}/{slow.id}",
        run=slow.id,
        begun=slow.begun_at.astimezone(at.plan.timezone),
        limit=_spell_limit(limit),
        active=slow.active,
        url=url,
    )


def write_hold_alarm(at: CycleMoment, hold: Hold, limit: dt.timedelta, url: str) -> Message | None:
    """The one mail about all passes of a cycle that are held back; None when there is nobody to write to."""
    since = min([run.since for run in hold.runs] + [reason.at for reason in hold.reasons if reason.at])
    words = [describe_reason(reason, at.plan.timezone) for reason in hold.reasons]
    return _write(
        at,
        "luot_bi_giu",
        HOLD_KIND,
        f"{since:%Y%m%dT%H%M%S}",
        headline=describe_hold(hold, at.plan.timezone),
        limit=_spell_limit(limit),
        runs=[_describe_held(run, at.plan.timezone) for run in hold.runs[:LISTED]]
        + ([f"và {more} lượt khác"] if (more := len(hold.runs) - LISTED) > 0 else []),
        causes=[cause for cause, _ in words],
        remedies=[remedy for _, remedy in words],
        url=url,
    )


def write_mute_alarm(at: CycleMoment, mute: Sequence[MuteTask], limit: dt.timedelta, url: str) -> Message | None:
    """The mail about tasks that hang before their first line; None when there is nobody to write to."""
    first = mute[0]
    return _write(
        at,
        "tac_vu_im",
        MUTE_KIND,
        f"{first.begun_at:%Y%m%dT%H%M%S}/{first.task}/{first.map_index}/{first.attempt}/{first.run}",
        limit=_spell_limit(limit),
        tasks=[one.name for one in mute],
        lines=[describe_mute(one, at.plan.timezone) for one in mute[:LISTED]]
        + ([f"và {more} tác vụ khác"] if (more := len(mute) - LISTED) > 0 else []),
        url=url,
    )


def warn_of_mute(one: MuteTask, zone: dt.tzinfo) -> str:
    """The same as a sentence that says what to do."""
    return (
        f"Có thể đã treo vì chưa ghi dòng nhật ký nào: {describe_mute(one, zone)}. Xin chọn Clear tác vụ đó (giữ mục "
        "Downstream)."
    )


def describe_mute(one: MuteTask, zone: dt.tzinfo) -> str:
    """ "tác vụ collect của lượt …, bắt đầu lúc 08:00 ngày 10/12/2026, lần thử 1"."""
    begun = format_moment(one.begun_at.astimezone(zone))
    return f"tác vụ {one.name} của lượt {one.run}, bắt đầu lúc {begun}, lần thử {one.attempt}"


def describe_hold(hold: Hold, zone: dt.tzinfo) -> str:
    """ "Có 3 lượt đang đợi từ 08:00 ngày 10/12/2026"; "" when none waits."""
    return f"Có {len(hold.runs)} lượt đang đợi từ {format_moment(hold.since.astimezone(zone))}" if hold.since else ""


def describe_reason(reason: Reason, zone: dt.tzinfo) -> tuple[str, str]:
    """(what holds passes back, what to do about it)."""
    cause, remedy = _CAUSES[reason.cause]
    facts = {
        "about": _COMPONENTS.get(reason.about, reason.about),
        "run": reason.run,
        "at": format_moment(reason.at.astimezone(zone)) if reason.at else "",
        "most": reason.most,
    }
    return cause.format(**facts), remedy.format(**facts)


def _describe_held(run: HeldRun, zone: dt.tzinfo) -> str:
    tasks = f"tác vụ đang đợi: {', '.join(run.tasks)}" if run.tasks else "đang xếp hàng"
    return f"{run.id} – đợi từ {format_moment(run.since.astimezone(zone))}; {tasks}"


def _spell_limit(limit: dt.timedelta) -> str:
    minutes, seconds = divmod(round(limit.total_seconds()), 60)
    return f"{minutes} phút" if minutes and not seconds else f"{minutes * 60 + seconds} giây"


def _write(at: CycleMoment, template: str, kind: str, about: str, **facts: Any) -> Message | None:
    recipients = allowed_people(at.plan, at.plan.require_recipients().operators)
    if not recipients:
        return None
    key = f"{at.cycle.id}/{kind}/{about}"[:KEY_LENGTH]
    return write_message(kind, at, key=key, recipients=recipients, template=template, **facts)
