"""Files: each kept, recorded once, judged rightly, answered; the newest in force; received when it came."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator

from tests.conftest import CYCLE
from tests.faults.check_mail import list_recipients
from tests.faults.engines import Row
from tests.faults.playing import Dropped, Evidence
from tests.faults.story import ACCEPTED

FORM = "bieu_mau"
_TOLERANCE = dt.timedelta(seconds=2)


def _rows_of(evidence: Evidence, one: Dropped) -> list[Row]:
    rows = evidence.tables["arrivals"]
    return [row for row in rows if (row["agency"], row["sha256"]) == (one.drop.agency, one.sha256)]


def check_recorded_once(evidence: Evidence) -> Iterator[str]:
    """Every file is a version once; one that was sent back and copied again may be one more."""
    for one in evidence.dropped:
        rows = _rows_of(evidence, one)
        most = 1 + one.touched if any(row["verdict"] != "accepted" for row in rows) else 1
        if not 1 <= len(rows) <= most:
            yield f"{one.drop.agency}/{one.drop.name} is recorded {len(rows)} times, {one.touched} times touched"
    known = {(one.drop.agency, one.sha256) for one in evidence.dropped}
    for row in evidence.tables["arrivals"]:
        if (row["agency"], row["sha256"]) not in known:
            yield f"version {row['agency']} {row['version']} is of no file that was dropped"
    numbers = Counter((row["agency"], row["component"], row["version"]) for row in evidence.tables["arrivals"])
    yield from (f"version {key} is there {count} times" for key, count in numbers.items() if count > 1)


def check_archive(evidence: Evidence) -> Iterator[str]:
    """The bytes of every version lie in the archive, unchanged."""
    for row in evidence.tables["arrivals"]:
        digest = row["sha256"]
        path = evidence.home / "archive" / digest[:2] / digest
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"the bytes of {row['agency']} version {row['version']} are not in the archive"


def check_verdicts(evidence: Evidence) -> Iterator[str]:
    """Every version is judged, and as its content and the day it came demand."""
    for one in evidence.dropped:
        wanted = evidence.story.expect(one.drop, one.at)
        for row in _rows_of(evidence, one)[:1]:
            if row["verdict"] is None:
                yield f"{one.drop.agency}/{one.drop.name} was never judged"
            elif (row["verdict"] == "accepted") != (wanted == ACCEPTED):
                yield f"{one.drop.agency}/{one.drop.name} must be {wanted} and is {row['verdict']}"


def check_newest_in_force(evidence: Evidence) -> Iterator[str]:
    """Of the accepted forms of an agency the one that was dropped last has the highest number."""
    for agency in {one.drop.agency for one in evidence.dropped}:
        good = [one for one in evidence.dropped if one.drop.agency == agency and one.drop.is_form]
        good = [one for one in good if evidence.story.expect(one.drop, one.at) == ACCEPTED]
        rows = [row for row in evidence.tables["arrivals"] if row["agency"] == agency and row["component"] == FORM]
        accepted = sorted((row for row in rows if row["verdict"] == "accepted"), key=lambda row: row["version"])
        if good and accepted and accepted[-1]["sha256"] != good[-1].sha256:
            yield f"{agency}: version {accepted[-1]['version']} is in force, not {good[-1].drop.name}, dropped last"


def check_receipt_times(evidence: Evidence) -> Iterator[str]:
    """Received not before the file lay there, and not after a pass that saw it had ended.

    A pass whose clock stands before the file came gives it its own moment: no receipt is later than its pass.
    """
    for one in evidence.dropped:
        slow = [step.as_of for step in evidence.steps if step.place > one.place and step.as_of < one.at]
        for row in _rows_of(evidence, one)[:1]:
            if row["received_at"] < min([one.at, *slow]) - _TOLERANCE:
                yield f"{one.drop.agency}/{one.drop.name} received {row['received_at']}, dropped {one.at}"
            seen = _first_sight(evidence, one)
            if seen is not None and row["received_at"] > seen + _TOLERANCE:
                yield f"{one.drop.agency}/{one.drop.name} received {row['received_at']}, seen {seen}"


def _first_sight(evidence: Evidence, one: Dropped) -> dt.datetime | None:
    """The moment of the first pass that came to its end while the file could be seen."""
    for step in evidence.steps:
        is_later = step.place >= one.place and step.name != "decision" and step.as_of >= one.at
        is_over = any(outcome.status == "done" for outcome in step.outcomes)
        if is_later and is_over and one.drop.agency not in step.closed:
            return step.as_of.astimezone(dt.UTC)
    return None


def check_answers(evidence: Evidence) -> Iterator[str]:
    """Every version of a form has its page in the agency's folder, and a mail names it."""
    dead = evidence.dead | {row["address"] for row in evidence.tables["bounces"]}
    texts = [line["text"] for line in evidence.journal if line["what"] == "taken"]
    closed = {(row["agency"]) for row in evidence.tables["arrivals"] if _is_unreachable(evidence, row["agency"], dead)}
    for row in evidence.tables["arrivals"]:
        number = f"{CYCLE}/{row['agency']}/{row['version']:02d}"
        folder = f"shared/{row['agency']}/{CYCLE}/tra_loi/"
        if row["component"] != FORM:
            if folder + "Tep-kem-theo.html" not in evidence.files:
                yield f"no page about the attachments of {row['agency']}"
            continue
        page = "Phieu-tiep-nhan" if row["verdict"] == "accepted" else "Phieu-tra-lai"
        if f"{folder}{page}_{row['version']:02d}.html" not in evidence.files:
            yield f"no page for {number} ({row['verdict']})"
        given_up = any(number in one["text"] and one["state"] == "withdrawn" for one in evidence.tables["outbox"])
        if row["agency"] not in closed and not given_up and not any(number in text for text in texts):
            yield f"no mail names {number}"


def _is_unreachable(evidence: Evidence, agency: str, dead: set[str]) -> bool:
    mine = [row for row in evidence.tables["outbox"] if row["agency"] == agency]
    return any(address.lower() in dead for row in mine for address in list_recipients(row))


def check_leftovers(evidence: Evidence) -> Iterator[str]:
    """No temporary file is left once a pass has come to its end undisturbed."""
    for name in evidence.files_again:
        last = name.rpartition("/")[2]
        if last.startswith(".") or last.endswith((".tmp", ".part")):
            yield f"left behind: {name}"
