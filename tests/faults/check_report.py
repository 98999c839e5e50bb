"""The report: its sums, its publication, the audit trail, and that a pass more changes nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from openpyxl import load_workbook

from tests.conftest import CYCLE
from tests.faults.check_mail import list_recipients
from tests.faults.engines import Row
from tests.faults.playing import Evidence

FORM = "bieu_mau"
# Headings of the two columns that make an indicator's figure, as the forms print them.
_PAIRS = (
    ("Tử số lũy kế", "Mẫu số lũy kế"),
    ("Tử số đến ngày chốt", "Mẫu số đến ngày chốt"),
    ("Thực hiện đến ngày chốt", None),
    ("Lũy kế năm 2026", "Cùng kỳ năm 2025"),
)
_SHEET = "Chỉ tiêu"
# Tables in which every pass may note that it was there, or clear away what the journal has.
_CHANGING = {"passes", "sightings", "changes"}


def check_sums(evidence: Evidence) -> Iterator[str]:
    """The figures of the last snapshot are the sums over the workbooks in force, read cell by cell."""
    rows = [row for row in evidence.tables["snapshots"] if row["cycle"] == CYCLE]
    if not rows:
        return
    snapshot = json.loads(rows[-1]["content"])
    sums = _sum_workbooks(evidence)
    for indicator in snapshot["indicators"]:
        if indicator["id"] not in sums or indicator["parts"]:
            continue
        for name, figure in zip(("numerator", "denominator"), sums[indicator["id"]], strict=True):
            shown = indicator["cumulative"][name]
            if figure is not None and (shown is None or Fraction(str(shown)) != figure):
                yield f"{indicator['id']} {name}: {shown} in the snapshot, {figure} in the workbooks"


def list_in_force(evidence: Evidence) -> dict[str, Row]:
    """Agency -> its accepted form with the highest number."""
    found: dict[str, Row] = {}
    for row in sorted(evidence.tables["arrivals"], key=lambda row: row["version"]):
        if row["component"] == FORM and row["verdict"] == "accepted":
            found[row["agency"]] = row
    return found


def _sum_workbooks(evidence: Evidence) -> dict[str, tuple[Fraction | None, Fraction | None]]:
    sums: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    for row in list_in_force(evidence).values():
        data = (evidence.home / "archive" / row["sha256"][:2] / row["sha256"]).read_bytes()
        for code, pair in _read_pairs(data):
            before = sums.get(code, (None, None))
            top, base = (_add(old, new) for old, new in zip(before, pair, strict=True))
            sums[code] = (top, base)
    return sums


def _add(before: Fraction | None, more: Fraction | None) -> Fraction | None:
    return before if more is None else (before or Fraction(0)) + more


def _read_pairs(data: bytes) -> Iterator[tuple[str, tuple[Fraction | None, Fraction | None]]]:
    """(code of a row, its two figures) of the tables of indicators of one workbook."""
    book = load_workbook(io.BytesIO(data))
    sheet = book[_SHEET] if _SHEET in book.sheetnames else None  # not every agency answers for an indicator
    columns: tuple[int | None, int | None] | None = None
    for cells in sheet.iter_rows(values_only=True) if sheet is not None else ():
        texts = [str(cell) if cell is not None else "" for cell in cells]
        if texts and texts[0] == "Mã":
            found = [pair for pair in _PAIRS if pair[0] in texts]
            columns = (
                (texts.index(found[0][0]), texts.index(found[0][1]) if found[0][1] in texts else None)
                if found
                else None
            )
        elif columns is not None and texts and texts[0]:
            top, base = (_number(cells[place]) if place is not None else None for place in columns)
            yield texts[0], (top, base)


def _number(value: Any) -> Fraction | None:
    return Fraction(str(value)) if isinstance(value, int | float) else None


def check_publication(evidence: Evidence) -> Iterator[str]:
    """Published is what every recipient's server took, and what every server took is published."""
    outbox = evidence.tables["outbox"]
    for row in evidence.tables["report_versions"]:
        key = f"{CYCLE}/phat_hanh/bo_tai_chinh/{row['version']}"
        released = [one for one in outbox if one["key"] == key]
        if row["state"] in ("approved", "submitted", "signed", "releasing", "published") and not released:
            yield f"version {row['version']} was decided; the release to the ministry was never queued"
            continue
        lacking = [address for one in released for address in _list_lacking(evidence, one)]
        if row["state"] == "published" and lacking:
            yield f"version {row['version']} counts as published; not taken for {', '.join(lacking)}"
        if row["state"] in ("approved", "submitted", "signed", "releasing") and not lacking:
            yield f"version {row['version']} was taken by everybody and is {row['state']}"
    published = [row for row in evidence.tables["report_versions"] if row["state"] == "published"]
    if len(published) > 1:
        yield f"{len(published)} versions are published"


def _list_lacking(evidence: Evidence, letter: Row) -> list[str]:
    """Recipients of a letter whose server took neither it nor a letter sent instead; who was given up is none."""
    taken = {
        address.lower()
        for line in evidence.journal
        if line["what"] == "taken" and line["message_id"] == letter["message_id"]
        for address in line["to"]
    }
    known = [row for row in evidence.tables["deliveries"] if row["message_id"] == letter["message_id"]]
    states = {row["address"]: row for row in known}
    audit = [json.loads(row["detail"]) for row in evidence.tables["audit"] if row["action"] == "mail-withdrawn"]
    given_up = {address.lower() for detail in audit if detail["key"] == letter["key"] for address in detail["to"]}
    found = []
    for address in map(str.lower, list_recipients(letter)):
        row = states.get(address)
        if address in taken or (address in given_up and row is not None and row["state"] == "withdrawn"):
            continue
        instead = [one for one in evidence.tables["outbox"] if row is not None and one["key"] == row["reply"]]
        if row is None or row["state"] != "moved" or any(_list_lacking(evidence, one) for one in instead):
            found.append(address)
    return found


def check_audit(evidence: Evidence) -> Iterator[str]:
    """Nothing of the audit trail changes later, and each thing that happened stands in it."""
    before: list[Row] = []
    for step in evidence.steps:
        known = {row["id"]: row for row in step.after["audit"]}
        if any(known.get(row["id"]) != row for row in before):
            yield f"rows of the audit trail were changed at {step.as_of}"
        before = step.after["audit"]
    trail = sorted(evidence.tables["audit"], key=lambda row: int(row["id"]))
    if [row["previous"] for row in trail] != ["", *(row["digest"] for row in trail)][: len(trail)]:
        yield "the rows of the audit trail are no chain"
    audited = [(row["action"], row["agency"], json.loads(row["detail"])) for row in evidence.tables["audit"]]
    for row in evidence.tables["arrivals"]:
        received = [d for action, agency, d in audited if action == "file-received" and agency == row["agency"]]
        if sum(d["sha256"] == row["sha256"] and d["version"] == row["version"] for d in received) != 1:
            yield f"{row['agency']} version {row['version']} is not received once in the audit trail"
        if row["component"] == FORM and row["verdict"]:
            judged = [
                d for action, agency, d in audited if action == f"version-{row['verdict']}" and agency == row["agency"]
            ]
            if sum(d["version"] == row["version"] for d in judged) != 1:
                yield f"{row['agency']} version {row['version']} is not judged once in the audit trail"
    for row in evidence.tables["outbox"]:
        if row["state"] == "sent" and not any(a == "mail-sent" and d.get("key") == row["key"] for a, _, d in audited):
            yield f"{row['key']} is sent and not in the audit trail"
    taken = {(agency, d["rung"], d["repetition"]) for action, agency, d in audited if action == "step-taken"}
    absorbed = {(row["agency"], row["rung"]) for row in evidence.tables["steps"] if row["state"] == "fresh"}
    if absorbed:
        yield f"steps were taken and never reported: {sorted(absorbed)}"
    recorded = {(row["agency"], row["rung"], row["repetition"]) for row in evidence.tables["steps"]}
    yield from (f"step {key} stands in the audit trail alone" for key in sorted(taken - recorded))
    releases = [(d["version"], d["release"]) for action, _, d in audited if action == "report-released"]
    published = [(row["version"], row["release"]) for row in evidence.tables["publications"]]
    if sorted(releases) != sorted(published):
        yield f"publications {published}, in the audit trail {releases}"


def check_calm(evidence: Evidence) -> Iterator[str]:
    """A pass that meets no fault comes to its end; nothing hangs."""
    for step in evidence.steps:
        for outcome in step.outcomes:
            if outcome.status == "hung":
                yield f"{step.name} of moment {step.place} hangs"
            elif step.is_calm and outcome.status != "done":
                yield f"undisturbed {step.name} of moment {step.place} {outcome.status}: {outcome.text[:300]}"
            elif outcome.status == "failed" and not outcome.fired and not _is_excused(step):
                yield f"{step.name} of moment {step.place} failed without a fault: {outcome.text[:300]}"


def _is_excused(step: Any) -> bool:
    return bool(step.closed)


def check_one_pass_more(evidence: Evidence) -> Iterator[str]:
    """Another pass changes no file and no row."""
    for name in sorted(evidence.files.keys() | evidence.files_again.keys()):
        if evidence.files.get(name) != evidence.files_again.get(name):
            yield f"one pass more changed the file {name}"
    for table, rows in evidence.tables.items():
        if table not in _CHANGING and rows != evidence.tables_before.get(table):
            added = [row for row in rows if row not in evidence.tables_before.get(table, [])]
            yield f"one pass more changed {table}: {str(added)[:300]}"
