"""Where a cycle stands, in words for a terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from typing import Any

from kybaocao.findings import shorten
from kybaocao.plan.cycles import Phase
from kybaocao.stages.support.delivery_problems import MAIL_STATES
from kybaocao.stages.support.status import REPORT_STATES
from kybaocao.vietnamese import format_date, format_moment

SHOWN = 5  # agencies named where only their number matters


def describe_all(statuses: Sequence[dict[str, Any]]) -> str:
    """Every cycle: those that are open complete, every other one in a line."""
    complete = [one for one in statuses if one["phase"] == Phase.OPEN]
    known = {warning for one in complete for warning in one["warnings"]}
    others = [_describe_briefly(one, known) for one in statuses if one not in complete]
    blocks = [describe_status(one) for one in complete] or ["Không có kỳ nào đang mở."]
    if others:
        blocks.append("\n".join(("Các kỳ khác (xem đủ: status --cycle KỲ):", *(f"  {line}" for line in others))))
    return "\n\n".join(blocks)


def _describe_briefly(status: dict[str, Any], known: Container[str]) -> str:
    """One line. `known`: what has to be done was said already of another cycle."""
    name = f"{status['title']} ({status['cycle']})"
    if status["phase"] == Phase.UPCOMING:
        opens = format_moment(dt.datetime.fromisoformat(status["opens_at"]))
        facts = [f"chưa mở, mở lúc {opens}, hạn cuối {status['due_text']}"]
    else:
        closed = format_date(dt.date.fromisoformat(status["closes_on"]))
        counts = f"đã tiếp nhận {status['accepted']}/{status['expected']}"
        facts = [f"đã đóng ngày {closed}", "đã nhập kết quả làm thủ công" if status["has_imported_results"] else counts]
        facts += [f"báo cáo phiên bản {r['version']} {REPORT_STATES[r['state']]}" for r in status["reports"][-1:]]
    if todo := sum(warning not in known for warning in status["warnings"]):
        facts.append(f"{todo} việc cần xử lý")
    return f"{name}: {'; '.join(facts)}"


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
    if to_come := status["forms_to_come"]:
        named = ", ".join(to_come[:SHOWN]) + (", …" if len(to_come) > SHOWN else "")
        lines.append(
            f"Biểu mẫu: còn {len(to_come)} cơ quan chưa được phát ({named}); lượt đang chạy hoặc lượt tới sẽ phát."
        )
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
        f"Báo cáo phiên bản {r['version']}: {REPORT_STATES[r['state']]} ({r['folder']})"
        + (f". {r['submission']}" if r["submission"] else "")
        for r in status["reports"]
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
