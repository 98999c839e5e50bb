"""The file is the form that was issued to this agency for this cycle; otherwise the finding says whose it is."""

from __future__ import annotations

from kybaocao.answers.reading import read_identity
from kybaocao.checks.naming import find_names
from kybaocao.findings import Finding
from kybaocao.form.layout import FormLayout, build_layout
from kybaocao.plan.plan import Plan
from kybaocao.workbook.book import Book


def find_layout(book: Book, layout: FormLayout, plan: Plan) -> FormLayout:
    """The form as its file was issued: of an earlier edition of the plan when the file states one, else `layout`."""
    edition = plan.choose_edition(read_identity(book).get("phien_ban", ""))
    return layout if edition is plan.edition else build_layout(plan, layout.cycle.id, layout.agency.code, edition.id)


def check_identity(book: Book, layout: FormLayout, plan: Plan) -> Finding | None:
    """None for the form as it was issued. A file without its hidden identity may still show another agency's name."""
    found, wanted = read_identity(book), layout.identity
    if not all(found.get(key) for key in ("ke_hoach", "ky", "co_quan", "phien_ban")):
        others = [one for one in find_names(book, layout, plan) if one.agency not in ("", wanted.agency)]
        if others:
            value = plan.agencies[others[0].agency].name
            return Finding("identity-other-agency", value=value, expected=layout.agency.name)
        return Finding("identity-missing", facts={"co_quan": wanted.agency})
    if found["ke_hoach"] != wanted.plan:
        return Finding("identity-other-plan", value=found["ke_hoach"], expected=plan.header.short_name)
    if found["ky"] != wanted.cycle:
        other = plan.cycles.get(found["ky"])
        value = other.name if other else found["ky"]
        return Finding("identity-other-cycle", value=value, expected=layout.cycle.name)
    if found["co_quan"] != wanted.agency:
        agency = plan.agencies.get(found["co_quan"])
        value = agency.name if agency else found["co_quan"]
        return Finding("identity-other-agency", value=value, expected=layout.agency.name)
    if found["phien_ban"] != wanted.edition:
        return Finding("identity-other-edition", value=found["phien_ban"], expected=wanted.edition)
    if found.get("ma_kiem_tra") != wanted.checksum:
        return Finding("identity-altered", value=found.get("ma_kiem_tra", ""), expected=wanted.checksum)
    return None
