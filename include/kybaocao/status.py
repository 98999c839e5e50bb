"""Where a cycle stands, for the operators: at a glance in a terminal, complete as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kybaocao.aggregation import judge_everyone
from kybaocao.passes import Pass
from kybaocao.snapshot import Standing
from kybaocao.stages.warning import list_warnings
from kybaocao.store.arrivals import list_arrivals
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import list_publications, list_versions
from kybaocao.vietnamese import name_day


def gather_status(p: Pass) -> dict[str, Any]:
    """Everything `status --json` shows."""
    with p.store.read() as connection:
        arrivals = list_arrivals(connection, p.cycle.id)
        messages = list_messages(connection, p.cycle.id)
        versions = list_versions(connection, p.cycle.id)
        publications = list_publications(connection, p.cycle.id)
    standings = judge_everyone(p.plan, p.cycle, p.calendar, arrivals, p.as_of)
    return {
        "cycle": p.cycle.id,
        "title": p.cycle.title,
        "as_of": p.local.isoformat(),
        "due_on": p.cycle.due_on.isoformat(),
        "due_text": name_day(p.cycle.due_on),
        "expected": sum(s.standing is not Standing.EXEMPT for s in standings),
        "accepted": sum(s.standing in (Standing.ACCEPTED, Standing.CONFIRMED_ZERO) for s in standings),
        "late": sum(s.is_late and s.received_at is not None for s in standings),
        "by_standing": dict(Counter(s.standing.value for s in standings)),
        "agencies": [
            {
                "code": s.agency,
                "name": p.plan.agencies[s.agency].name,
                "standing": s.standing.name,
                "standing_text": s.standing.value,
                "received_at": s.received_at.isoformat() if s.received_at else None,
                "is_late": s.is_late,
                "late_working_days": s.late_working_days,
                "returned": s.returned_count,
                "versions": s.version_count,
            }
            for s in standings
        ],
        "mail": dict(Counter(m.state for m in messages)),
        "mail_by_kind": dict(Counter(m.message.kind for m in messages)),
        "reports": [{"version": v.version, "state": v.state, "folder": v.folder} for v in versions],
        "publications": [
            {"version": x.version, "release": x.release, "recipients": x.recipients, "files": x.files}
            for x in publications
        ],
        "warnings": list_warnings(p),
    }


def describe_status(status: dict[str, Any]) -> str:
    lines = [
        f"{status['title']} ({status['cycle']}) – hạn cuối {status['due_text']}",
        f"Đã tiếp nhận {status['accepted']}/{status['expected']}, trong đó nộp muộn {status['late']}.",
    ]
    lines += [f"  {name}: {count}" for name, count in sorted(status["by_standing"].items(), key=lambda i: -i[1])]
    waiting = [a for a in status["agencies"] if a["standing"] in ("MISSING", "RETURNED")]
    if waiting:
        lines.append("Chưa xong:")
        lines += [f"  {a['code']:<10} {a['name']} – {a['standing_text']}" for a in waiting]
    if status["mail"]:
        lines.append("Thư: " + ", ".join(f"{state} {count}" for state, count in status["mail"].items()))
    lines += [f"Báo cáo phiên bản {r['version']}: {r['state']} ({r['folder']})" for r in status["reports"]]
    if status["warnings"]:
        lines.append("Cần xử lý:")
        lines += [f"  ! {warning}" for warning in status["warnings"]]
    return "\n".join(lines)
