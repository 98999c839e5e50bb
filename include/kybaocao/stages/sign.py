"""Signing: what UBND tỉnh is asked about the version that was submitted to it, before it goes to the ministry."""

from __future__ import annotations

from kybaocao.stages.support.decision_steps import Step, describe_submission, find_document
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import find_problem
from kybaocao.stages.support.release_gate import describe_gate
from kybaocao.stages.support.report_files import link_files, load_contents
from kybaocao.store.reports import find_version
from kybaocao.vietnamese import name_day


def describe_for_signature(p: Pass, version: int, link: str = "") -> str:
    """What UBND tỉnh sees above the fields (Markdown): the last answer's problem, what was submitted, the gate.

    `link` is the address of the folder of this version on the console; "" leaves the links out.
    """
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, version)
        problem = find_problem(connection, p.cycle.id, version, Step.SIGNATURE)
    folder = p.home.root / report.folder
    asked = find_document(Step.SIGNATURE, load_contents(folder))
    ministry = ", ".join(person.name for person in p.plan.require_recipients().ministry)
    lines = [f"> **Câu trả lời trước chưa dùng được.** {problem}", ""] if problem else []
    lines += [f"Báo cáo **{p.cycle.name}**, phiên bản **{version}**. {describe_submission(p, report)}", ""]
    lines += link_files(folder, link)
    lines += describe_gate(p, version)
    lines += [
        "",
        f"**Phê duyệt**: UBND tỉnh đã ký; điền số ({asked.letterhead.symbol}), ngày ký, người ký, báo cáo được gửi "
        f"{ministry} (hạn: {name_day(p.cycle.bo_tai_chinh_by)}). **Trả lại**: ghi lý do; lượt sau lập phiên bản mới "
        f"của cả hai báo cáo. Mã nội dung: `{report.content_checksum[:12]}`.",
    ]
    return "\n".join(lines)
