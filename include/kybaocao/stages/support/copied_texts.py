"""Whether long texts of a submission were copied from another agency or from the cycle before."""

from __future__ import annotations

import datetime as dt
import json

from kybaocao.answers.reading import Key
from kybaocao.checks.copied_texts import Authors, find_copies, list_digests
from kybaocao.checks.judgement import Judgement
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout
from kybaocao.inbox.submission import Submission
from kybaocao.plan.verdict import Verdict
from kybaocao.stages.support.history import name_typist, recall_previous
from kybaocao.stages.support.passes import Pass
from kybaocao.store.narratives import find_authors, list_shared_narratives


def find_copied_texts(
    p: Pass, received_at: dt.datetime, accepted: Submission | None, judgement: Judgement, layout: FormLayout
) -> list[Finding]:
    """Warnings about copied texts; `accepted` is the version in force before this one."""
    if judgement.verdict is Verdict.UNREADABLE or not p.home.has_store:
        return []
    digests = digest_answers(judgement, layout)
    if not digests:
        return []
    agency = layout.agency.code
    with p.store.read() as connection:
        authors = find_authors(connection, p.cycle.id, set(digests.values()), received_at)
        previous = recall_previous(connection, p, agency)
    known = Authors(
        others={digest: found - {agency} for digest, found in authors.items()},
        before=_digest_version(previous, layout),
        standing=_digest_version(accepted, layout),
        partners={row: leads for row, leads in list_partners(p).items() if agency in leads},
        entered_by=name_typist(p, previous),
    )
    return list(find_copies(layout, judgement.answers, digests, known))


def digest_answers(judgement: Judgement, layout: FormLayout) -> dict[Key, str]:
    """The digests of the long texts of a form."""
    texts = {key: answer.value for key, answer in judgement.answers.items() if isinstance(answer.value, str)}
    return list_digests(layout, texts)


def _digest_version(version: Submission | None, layout: FormLayout) -> frozenset[str]:
    if version is None:
        return frozenset()
    texts = {(table, row, column): value for table, row, column, _, _, _, _, value, *_ in json.loads(version.answers)}
    return frozenset(list_digests(layout, texts).values())


def list_partners(p: Pass) -> dict[str, frozenset[str]]:
    """For tasks that name several bodies one by one: those carry it out, and write about it, together.

    A task given to a group ("all communes") is each member's own.
    """
    return {task.id: frozenset(code for code in task.leads if code in p.plan.agencies) for task in p.plan.tasks}


def list_shared_texts(p: Pass) -> list[str]:
    """Long texts that several agencies have in force, who and where, for the operators; joint tasks apart."""
    partners = list_partners(p)
    titles = {table.id: table.title for _, table in p.plan.require_edition().tables}
    with p.store.read() as connection:
        shared = list_shared_narratives(connection, p.cycle.id)
    lines = []
    for holders in shared:
        named = []
        together = partners.get(holders[0][1].split("/")[1], frozenset())
        if all(agency in together for agency, _ in holders):
            continue
        for agency, place in holders:
            table, row, _ = place.split("/")
            name = p.plan.agencies[agency].name if agency in p.plan.agencies else agency
            named.append(f"{name} ({agency}, bảng “{titles.get(table, table)}”, dòng {row})")
        lines.append("; ".join(named))
    return lines
