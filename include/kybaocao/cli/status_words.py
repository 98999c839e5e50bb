"""Where a cycle stands, in words for a terminal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kybaocao.findings import shorten
from kybaocao.stages.support.delivery_problems import MAIL_STATES
from kybaocao.stages.support.status import REPORT_STATES
from kybaocao.vietnamese import format_moment


def describe_status(status: dict[str, Any]) -> str:
    """What `stages.support.status.gather_status` gathered about one cycle, line by line."""
    lines = [
        f"{status['title']} ({status['cycle']}) – hạn cuối {status['due_text']}",
        f"Đã tiếp nhận {status['accepted']}/{status['expected']}, trong đó nộp muộn {status['late']}.",
    ]
    lines += [f"  {name}: {count}" for name, count in sorted(status["by_standing"].items(), key=lambda i: -i[1])]
    waiting = [a for a in status["agencies"] if a["standing"] in ("MISSING", "RETURNED")]
    if waiting:
        lines.append("Chưa xong:")
        lines += [f"  {a['code']:<10} {a['name']} – {a['standing_text']}" for a in waiting]
    if status["decisions"]:
        lines.append("Điều chỉnh đã được quyết định:")
        lines += [f"  {one['text']}" for one in status["decisions"]]
    late = [a for a in status["agencies"] if a["is_late"] and a["received_at"]]
    if late:
        lines.append("Nộp muộn:")
        lines += [
            f"  {a['code']:<10} {a['name']} – {a['late_working_days']} ngày làm việc; "
            + (f"lý do: {shorten(a['late_reason'], 120)}" if a["late_reason"] else "chưa ghi lý do")
            for a in late
        ]
    lacking = [a for a in status["agencies"] if a["missing_companions"]]
    if lacking:
        lines.append("Còn thiếu tệp kèm theo:")
        lines += [f"  {a['code']:<10} {a['name']} – {'; '.join(a['missing_companions'])}" for a in lacking]
    handed_in = sum(len(a["companions"]) for a in status["agencies"])
    if handed_in:
        lines.append(f"Tệp kèm theo đã nộp: {handed_in}.")
    if status["shared_texts"]:
        lines.append("Lời văn trùng nguyên văn giữa các cơ quan:")
        lines += [f"  {line}" for line in status["shared_texts"]]
    if status["mail"]:
        lines.append("Thư: " + ", ".join(f"{MAIL_STATES[state]} {count}" for state, count in status["mail"].items()))
    if status["mail_dead"]:
        numbers = ", ".join(str(number) for number in status["mail_dead"])
        lines.append(f"Thư không đến được, cần người quyết định (lệnh letters): số {numbers}")
    lines += [
        f"Báo cáo phiên bản {r['version']}: {REPORT_STATES[r['state']]} ({r['folder']})" for r in status["reports"]
    ]
    lines += [
        f"  Phiên bản {item['version']} ({item['release']}) chưa đến: "
        + "; ".join(o["text"] for o in item["not_reached"])
        for item in status["publications"]
        if item["not_reached"]
    ]
    if held := status["held_passes"]:
        seen = format_moment(dt.datetime.fromisoformat(held["seen_at"]))
        lines.append(f"{held['text']}: {'; '.join(held['causes'])} (ghi nhận lúc {seen}).")
    if status["warnings"]:
        lines.append("Cần xử lý:")
        lines += [f"  ! {warning}" for warning in status["warnings"]]
    return "\n".join(lines)
