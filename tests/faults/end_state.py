"""The end of a season beside that of the calm one: equal in everything that no fault may change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.conftest import CYCLE
from tests.faults.check_mail import list_reminders
from tests.faults.check_report import list_in_force
from tests.faults.playing import Evidence

State = dict[str, Any]
OPERATORS = "vanhanh.kybaocao@sonla.example.vn"


def describe_end(evidence: Evidence) -> State:
    """What was received, judged, summed, published; then what was mailed and laid down."""
    tables = evidence.tables
    snapshots = [row for row in tables["snapshots"] if row["cycle"] == CYCLE]
    last = json.loads(snapshots[-1]["content"]) if snapshots else {"indicators": [], "tasks": []}
    return {
        "versions": sorted(
            (row["agency"], row["component"], row["sha256"], row["verdict"]) for row in _first_versions(evidence)
        ),
        "in force": sorted((agency, row["sha256"]) for agency, row in list_in_force(evidence).items()),
        "figures": [(one["id"], one["cumulative"], one["verdict"]) for one in last["indicators"]],
        "published": sorted(
            (row["state"], json.loads(row["sign_off"]).get("number"))
            for row in tables["report_versions"]
            if row["state"] == "published"
        ),
    }


def _first_versions(evidence: Evidence) -> list[Any]:
    found: dict[tuple[str, str], Any] = {}
    for row in sorted(evidence.tables["arrivals"], key=lambda row: row["version"]):
        found.setdefault((row["agency"], row["sha256"]), row)
    return list(found.values())


def describe_everything(evidence: Evidence) -> State:
    """The same with mail, steps, versions of the report and pages: for seasons in which every pass was run again."""
    reminders: Counter[Any] = Counter()
    others: Counter[Any] = Counter()
    seen = set()
    for line in evidence.journal:
        if line["what"] != "taken" or line["message_id"] in seen or line["to"] == [OPERATORS]:
            continue  # what the operators hear of depends on what went wrong
        seen.add(line["message_id"])
        steps = sorted(list_reminders(evidence, line))
        # One by one: what failed for one agency only may stand in a letter of its own, not in the list of the others.
        reminders.update((step, tuple(line["to"])) for step in steps)
        if not steps:
            others[line["subject"], tuple(line["to"])] += 1
    return describe_end(evidence) | {
        "received": sorted(
            (row["agency"], row["sha256"], f"{row['received_at']:%Y-%m-%d %H:%M}") for row in _first_versions(evidence)
        ),
        "steps": sorted((row["agency"], row["rung"], row["repetition"]) for row in evidence.tables["steps"]),
        "reminders": sorted(map(str, reminders.items())),
        "letters": sorted(map(str, others.items())),
        "report": [(row["version"], row["state"]) for row in evidence.tables["report_versions"]],
        "publications": sorted((row["version"], row["release"]) for row in evidence.tables["publications"]),
        "pages": sorted(name for name in evidence.files if "/tra_loi/" in name),
    }


def compare(calm: State, stormy: State) -> Iterator[str]:
    """One line for each thing that differs."""
    for name, value in calm.items():
        other = stormy[name]
        if value != other:
            lacking, more = ([str(item) for item in one] for one in (value, other))
            both = Counter(lacking) & Counter(more)
            lacking, more = (list((Counter(one) - both).elements()) for one in (lacking, more))
            yield f"{name}: lacks {str(lacking)[:400]}, has more {str(more)[:400]}"
