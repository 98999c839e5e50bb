"""Letters to the operators about the system itself: a task that failed for good, a pass that does not end.

They are sent at once, outside the outbox, because the store may be what is broken; their keys make each of
them one mail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import allowed_people
from kybaocao.mail.usefulness import find_last_moment
from kybaocao.passes import Pass
from kybaocao.store.outbox import Message

TASK_KIND, PASS_KIND = "canh_bao_tac_vu", "canh_bao_luot"
_ASKING = "awaiting_input"
_OVER = ("success", "failed", "skipped", "upstream_failed", "removed")


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


def find_advice(help_text: str, task: str) -> Advice:
    """The row about a task in the table of a DAG's help (its doc_md); "publish_…" stands for all that begin so."""
    for line in help_text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3:
            continue
        names = [name.strip() for name in cells[0].partition("[")[0].split(",")]
        if any(name == task or (name.endswith("…") and task.startswith(name[:-1])) for name in names):
            return Advice(cells[1].replace("*", ""), cells[2].replace("`", ""))
    return Advice()


def write_task_alarm(p: Pass, failed: FailedTask, advice: Advice) -> Message | None:
    """The mail about a failed task; None when there is nobody to write to. Raises PlanError without recipients."""
    facts = [
        ("Kỳ báo cáo", p.cycle.title),
        ("Lượt chạy", failed.run),
        ("Tác vụ", f"{failed.name} ({failed.task})"),
        *([("Cơ quan", failed.row)] if failed.row else []),
        ("Số lần đã thử", str(failed.attempts)),
        ("Lỗi", failed.error),
        ("Nhật ký", failed.log_url),
    ]
    return _write(
        p,
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


def list_active(states: Mapping[str, str | None]) -> list[str]:
    """Tasks of a pass that have begun and are not over, but for the one that asks the human."""
    active = {task: state for task, state in states.items() if state is not None and state not in _OVER}
    return [f"{task} ({state})" for task, state in sorted(active.items()) if state != _ASKING]


def waits_for_human(states: Mapping[str, str | None]) -> bool:
    """Whether all that is left to do is somebody's decision: that may take days, and a late one is told elsewhere
    (`stages.warning`).
    """
    return _ASKING in states.values() and not list_active(states)


def write_pass_alarm(
    p: Pass, run: str, begun: dt.datetime, limit: dt.timedelta, active: list[str], url: str
) -> Message | None:
    """The mail about a pass that does not end; None when there is nobody to write to."""
    local = begun.astimezone(p.plan.timezone)
    minutes, seconds = divmod(round(limit.total_seconds()), 60)
    told = f"{minutes} phút" if minutes and not seconds else f"{minutes * 60 + seconds} giây"
    return _write(p, "luot_cham", PASS_KIND, run, run=run, begun=local, limit=told, active=active, url=url)


def _write(p: Pass, template: str, kind: str, about: str, **facts: Any) -> Message | None:
    recipients = allowed_people(p.plan, p.plan.require_recipients().operators)
    if not recipients:
        return None
    subject, html, text = write_letter(template, p, **facts)
    return Message(
        key=f"{p.cycle.id}/{kind}/{about}"[:200],
        cycle=p.cycle.id,
        kind=kind,
        recipients=recipients,
        subject=subject,
        html=html,
        text=text,
        useful_until=find_last_moment(p, kind),
    )
