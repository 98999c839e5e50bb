"""Mail: each letter once, to who may get it, about what is true; what the store says of it is what the server saw."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from kybaocao.stages.support.position_letter import POSITION_KIND
from tests.conftest import CYCLE
from tests.faults.engines import Row
from tests.faults.playing import Evidence, Step

FORM = "bieu_mau"
_COLLECTIVE = {"lanh_dao_so_tai_chinh", "chu_tich"}


def read_outbox(evidence: Evidence) -> dict[str, Row]:
    """Message-ID -> its row."""
    return {row["message_id"]: row for row in evidence.tables["outbox"]}


def list_recipients(row: Row) -> list[str]:
    """Everybody a message is addressed to."""
    return [*json.loads(row["recipients"]), *json.loads(row["copies"])]


def _taken(evidence: Evidence, step: Step | None = None) -> list[dict[str, Any]]:
    first, last = step.journal if step else (0, len(evidence.journal))
    return [line for line in evidence.journal[first:last] if line["what"] == "taken"]


def check_known(evidence: Evidence) -> Iterator[str]:
    """Nothing leaves that the store does not know, and one Message-ID is one text."""
    outbox = read_outbox(evidence)
    contents: dict[str, set[str]] = defaultdict(set)
    for line in _taken(evidence):
        contents[line["message_id"]].add(line["content"])
        if line["message_id"] not in outbox:
            yield f"{line['message_id']} ({line['subject']}) left and is not in the outbox"
    yield from (f"{message} left with {len(texts)} texts" for message, texts in contents.items() if len(texts) > 1)


def check_copies(evidence: Evidence) -> Iterator[str]:
    """One copy, and one more for each crash between the server's yes and its record, or when an operator asks."""
    allowed = _count_crashes(evidence)
    for row in evidence.tables["audit"]:
        if row["action"] == "mail-resent":
            key = json.loads(row["detail"])["key"]
            allowed.update(one["message_id"] for one in evidence.tables["outbox"] if one["key"] == key)
    counts = Counter((line["message_id"], address) for line in _taken(evidence) for address in line["to"])
    for (message, address), count in counts.items():
        if count > 1 + allowed[message]:
            yield f"{message} reached {address} {count} times, {allowed[message]} crashes after the server took it"


def _count_crashes(evidence: Evidence) -> Counter[str]:
    """Message-ID -> how often nobody was left who could record that the server had taken it."""
    found: Counter[str] = Counter()
    for step in evidence.steps:
        states = {row["message_id"]: row["state"] for row in step.after["outbox"]}
        crashes = sum(bool(outcome.fired) or outcome.status != "done" for outcome in step.outcomes)
        answered: Counter[str] = Counter()
        for line in _taken(evidence, step):
            answered[line["message_id"]] += line["is_answered"]
            found[line["message_id"]] += not line["is_answered"]
        for message, count in answered.items():
            is_recorded = states.get(message) in ("sent", "returned")
            found[message] += min(crashes, count - is_recorded)
    return found


def check_record(evidence: Evidence) -> Iterator[str]:
    """What is recorded as sent was taken by the server for somebody."""
    taken = {line["message_id"] for line in _taken(evidence)}
    for row in evidence.tables["outbox"]:
        if row["state"] in ("sent", "returned") and row["message_id"] not in taken:
            yield f"{row['key']} is {row['state']}; no server has it"
        if row["state"] in ("pending", "sending") and row["message_id"] in taken and not evidence.scheme:
            yield f"{row['key']} left and is {row['state']}"


def check_addresses(evidence: Evidence) -> Iterator[str]:
    """Only addresses of the plan are written to, and none that was known as dead before."""
    for step in evidence.steps:
        dead = {row["address"] for row in step.before["bounces"]}
        first, last = step.journal
        for line in evidence.journal[first:last]:
            if line["what"] == "offered":
                address = line["address"].lower()
                if address in dead:
                    yield f"{address} was known as dead and is written to at {step.as_of}"
                if address not in evidence.allowed:
                    yield f"{address} is nobody of the plan"
    honest = evidence.dead | {
        line["address"] for line in evidence.journal if line["what"] == "recipient refused" and "5.1." in line["answer"]
    }
    for row in evidence.tables["bounces"]:
        if row["address"] not in honest:
            yield f"{row['address']} counts as dead; no server and no honest notice says so"


def list_reminders(evidence: Evidence, line: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    """(agency, step, repetition, addressee) that a mail is about."""
    row = read_outbox(evidence).get(line["message_id"])
    return [tuple(item) for item in json.loads(row["steps"])] if row else []


def check_reminders(evidence: Evidence) -> Iterator[str]:
    """Nobody is reminded of what was accepted, or of what we have seen and not judged."""
    for step in evidence.steps:
        done, waiting = _standing(step.before)
        _, waiting_after = _standing(step.after)
        unseen = _list_untaken(evidence, step)
        for line in _taken(evidence, step):
            for agency, name, _, to in list_reminders(evidence, line):
                if to in _COLLECTIVE:
                    continue
                if agency in done:
                    yield f"{agency} is reminded ({name}) at {step.as_of} after its form was accepted"
                if agency in waiting & waiting_after:
                    yield f"{agency} is reminded ({name}) at {step.as_of} while its form waits to be judged"
                if agency in unseen:
                    yield f"{agency} is reminded ({name}) at {step.as_of}; {unseen[agency]} lay there and was not taken"


def _standing(tables: dict[str, list[Row]]) -> tuple[set[str], set[str]]:
    """Agencies with an accepted form, and those with one that waits."""
    forms = [row for row in tables["arrivals"] if row["component"] == FORM and row["cycle"] == CYCLE]
    done = {row["agency"] for row in forms if row["verdict"] == "accepted"}
    newest: dict[str, Row] = {}
    for row in sorted(forms, key=lambda row: row["version"]):
        newest[row["agency"]] = row
    return done, {agency for agency, row in newest.items() if row["verdict"] is None} - done


def _list_untaken(evidence: Evidence, step: Step) -> dict[str, str]:
    """Agencies with a form that lay in an open inbox before the step and is in no version after it."""
    taken = {(row["agency"], row["sha256"]) for row in step.after["arrivals"]}
    found = {}
    for one in evidence.dropped:
        is_there = one.place <= step.place and one.at <= step.as_of.astimezone(dt.UTC)
        is_untaken = (one.drop.agency, one.sha256) not in taken and one.drop.agency not in step.closed
        if is_there and is_untaken and one.drop.is_form:
            found[one.drop.agency] = one.drop.name
    return found


def check_steps(evidence: Evidence) -> Iterator[str]:
    """No step reaches the same person under two Message-IDs."""
    held: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for line in _taken(evidence):
        for reminder in list_reminders(evidence, line):
            for address in line["to"]:
                held[(*reminder, address)].add(line["message_id"])
    yield from (f"step {key} left as {len(messages)} letters" for key, messages in held.items() if len(messages) > 1)


def check_positions(evidence: Evidence) -> Iterator[str]:
    """The leaders never get the position of an older day after that of a newer one."""
    heard: dict[str, str] = {}  # address -> the newest that it has
    outbox = read_outbox(evidence)
    for line in _taken(evidence):
        row = outbox.get(line["message_id"])
        if row is None or row["kind"] != POSITION_KIND:
            continue
        day = row["key"].split("/")[2]
        for address in line["to"]:
            if day < heard.get(address, ""):
                yield f"{address} gets the position of {day} after that of {heard[address]}"
            heard[address] = max(day, heard.get(address, ""))
