"""Phê duyệt: the decision about a version, with the report beside the fields, and a second step before it is sent.

The answer goes from the browser to Airflow's public API, so that Airflow says whose question it is; this page checks
the fields before by the rules by which the answer will be judged, and records nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import NoResultFound

from kybaocao.console.facts.gate import look_at_gate
from kybaocao.console.facts.question import Question, describe_standing, find_question
from kybaocao.console.facts.report import ReportFile, gather_version
from kybaocao.console.guards import Guards
from kybaocao.console.page import Page
from kybaocao.console.pages.scoped import Number, find_whole_scope
from kybaocao.console.scope import Scope
from kybaocao.home import is_replay_system
from kybaocao.stages.support.decision_steps import Step
from kybaocao.stages.support.decisions import DecisionError, read_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.report_files import SUBMITTED_FOLDER
from kybaocao.store.reports import ReportState, ReportVersion, find_version

# The options of the question that Airflow asks (`adapters.approval`); a test holds them together.
APPROVE, REJECT = "Phê duyệt", "Trả lại"
FIELDS = ("so", "ngay", "nguoi_ky", "chuc_vu", "bo_qua", "ly_do")


def build_router(guards: Guards) -> APIRouter:
    router = APIRouter()
    find = find_whole_scope(guards)
    path = "/ky/{dag_id}/bao-cao/{version}/phe-duyet"

    @router.get(path, dependencies=[Depends(guards.see_cycle)], response_class=HTMLResponse)
    def show_question(request: Request, version: Number, scope: Scope = Depends(find)) -> HTMLResponse:  # noqa: B008
        report = _find_report(scope.p, version)
        return _show(Page(request), scope, report, find_question(scope.p, report, scope.account.id))

    @router.post(path, dependencies=[Depends(guards.decide)], response_class=HTMLResponse)
    def check_answer(
        request: Request,
        version: Number,
        step: str = Form(max_length=20),
        choice: str = Form(pattern="^(approve|reject)$"),
        so: str = Form("", max_length=100),
        ngay: str = Form("", max_length=30),
        nguoi_ky: str = Form("", max_length=200),
        chuc_vu: str = Form("", max_length=200),
        bo_qua: str = Form("", max_length=2000),
        ly_do: str = Form("", max_length=2000),
        scope: Scope = Depends(find),  # noqa: B008
    ) -> HTMLResponse:
        page, report = Page(request), _find_report(scope.p, version)
        question = find_question(scope.p, report, scope.account.id)
        if question is None or question.step.value != step or not question.run:
            return _show(page, scope, report, question, status=409)
        typed = dict(zip(FIELDS, (so, ngay, nguoi_ky, chuc_vu, bo_qua, ly_do), strict=True))
        is_approved = choice == "approve"
        try:
            decision = read_decision(
                replace(scope.p, is_replay=is_replay_system()),
                version,
                question.step,
                is_approved=is_approved,
                decided_by=scope.account.id,
                number=so,
                dated=ngay,
                signer=nguoi_ky,
                position=chuc_vu,
                reason=ly_do,
                lift_reason=bo_qua,
                look=look_at_gate,
            )
        except DecisionError as error:
            return _show(page, scope, report, question, typed, str(error), status=422)
        kept = typed if is_approved else dict.fromkeys(FIELDS, "") | {"ly_do": decision.reason}
        return page.render(
            "approval_confirm.html",
            title=page.words(_name_confirmation(question, is_approved=is_approved), version=version),
            cycle=scope.p.cycle,
            report=report,
            question=question,
            decision=decision,
            lifts=len(decision.lifted),
            answer={"chosen_options": [APPROVE if is_approved else REJECT], "params_input": kept},
            zone=scope.p.plan.timezone,
        )

    return router


def _find_report(p: Pass, version: int) -> ReportVersion:
    try:
        with p.store.read() as connection:
            return find_version(connection, p.cycle.id, version)
    except NoResultFound:
        raise HTTPException(404) from None


def _show(
    page: Page,
    scope: Scope,
    report: ReportVersion,
    question: Question | None,
    typed: dict[str, str] | None = None,
    problem: str = "",
    *,
    status: int = 200,
) -> HTMLResponse:
    p = scope.p
    facts = gather_version(p, report.version)
    assert facts is not None
    documents = _list_documents(facts.files, question)
    return page.render(
        "approval.html",
        title=page.words("approval_title_sign" if _signs(question) else "approval_title", version=report.version),
        status=status,
        cycle=p.cycle,
        report=report,
        facts=facts,
        question=question,
        standing="" if question or report.state == ReportState.COMPILED else describe_standing(p, report),
        documents=documents,
        shown=next((one for one in documents if one.kind == "pdf"), None),
        typed=typed or dict.fromkeys(FIELDS, ""),
        problem=problem,
        is_late=status == 409,
        zone=p.plan.timezone,
    )


def _signs(question: Question | None) -> bool:
    return question is not None and question.step is Step.SIGNATURE


def _name_confirmation(question: Question, *, is_approved: bool) -> str:
    if not is_approved:
        return "approval_reject_title"
    return "approval_confirm_sign_title" if _signs(question) else "approval_confirm_title"


def _list_documents(files: Sequence[ReportFile], question: Question | None) -> list[ReportFile]:
    """What is decided about, the document that is signed first, each as PDF before Word.

    The signer of UBND tỉnh sees the draft of its own report and the submission as it left, not the submission's draft.
    """
    readable = [one for one in files if one.kind in ("pdf", "docx")]
    drafts = [one for one in readable if one.part == "draft"]
    own = [one for one in drafts if question is not None and question.symbol.strip("/") in one.name]
    if _signs(question):
        beside = [one for one in readable if one.part.startswith(SUBMITTED_FOLDER)]
    else:
        beside = [one for one in drafts if one not in own]
    return [one for group in (own, beside) for kind in ("pdf", "docx") for one in group if one.kind == kind]
