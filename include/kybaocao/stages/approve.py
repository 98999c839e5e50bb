"""Approving: what the coordinator's leader is asked about a version, before it goes to UBND tỉnh or to the ministry.

Which answers can be used, and what stands afterwards, is the same for both decisions: `stages.support.decisions`.
"""

from __future__ import annotations

from kybaocao.figures.headline import count_headline
from kybaocao.stages.support.decision_steps import Step, find_document, is_to_submit
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.proof import describe_proof
from kybaocao.stages.support.publication import summarise_figures
from kybaocao.stages.support.questions import find_problem
from kybaocao.stages.support.release_gate import describe_gate
from kybaocao.stages.support.report_files import link_files, list_waiting, load_contents
from kybaocao.store.reports import find_version, load_snapshot

MOST_NAMED = 20  # agencies that the form names; the annex names all


def describe_for_approval(p: Pass, version: int, link: str = "") -> str:
    """What the human sees above the fields (Markdown): the last answer's problem, the document, the gate, counts.

    `link` is the address of the folder of this version on the console; "" leaves the links out.  Long lists come below
    the fields, see `describe_missing`.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
        problem = find_problem(connection, p.cycle.id, version)
    folder = p.home.root / report.folder
    contents = load_contents(folder)
    asked = find_document(Step.APPROVAL, contents)
    lines = [f"> **Câu trả lời trước chưa dùng được.** {problem}", ""] if problem else []
    lines += [
        f"Báo cáo **{p.cycle.name}**, phiên bản **{version}**, đã gửi lãnh đạo {p.plan.coordinator}. "
        f"**{count_headline(snapshot)}**",
        "",
    ]
    lines += link_files(folder, link)
    lines += describe_gate(p, version)
    lines.append(f"- Đối chứng số liệu: **{describe_proof(folder)}**")
    follows = "trình UBND tỉnh kèm dự thảo báo cáo gửi" if is_to_submit(report, contents) else "gửi"
    ministry = ", ".join(person.name for person in p.plan.require_recipients().ministry)
    lines += [
        "",
        f"**Phê duyệt**: điền số ({asked.letterhead.symbol}), ngày ký, người ký; báo cáo được {follows} {ministry}. "
        f"**Trả lại**: ghi lý do; lượt sau lập phiên bản mới. Mã nội dung: `{report.content_checksum[:12]}`.",
    ]
    return "\n".join(lines)


def describe_missing(p: Pass, version: int) -> str:
    """Open slots of the report and agencies without a submission, for the end of the form (Markdown).

    Of the agencies MOST_NAMED are named.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        snapshot = load_snapshot(connection, report.snapshot)
    missing = summarise_figures(p, snapshot)["missing"]
    waiting = list_waiting(load_contents(p.home.root / report.folder))
    lines = [f"Chỗ chờ {p.plan.coordinator} bổ sung: {'; '.join(waiting)}."] if waiting else []
    named = "; ".join(missing[:MOST_NAMED]) or "không"
    others = f"; … và {len(missing) - MOST_NAMED} cơ quan khác (xem phụ lục)" if missing[MOST_NAMED:] else ""
    return "\n\n".join([*lines, f"Cơ quan chưa có báo cáo ({len(missing)}): {named}{others}."])
