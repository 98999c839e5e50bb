"""One season by its seed: played twice, calm and with faults, and every invariant that was broken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults import check_files, check_mail, check_report
from tests.faults.end_state import State, compare, describe_end, describe_everything
from tests.faults.engines import SQLITE
from tests.faults.playing import Evidence, Player
from tests.faults.scheme import make_scheme
from tests.faults.story import make_story
from tests.faults.theatre import Theatre

CHECKS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "recorded once": check_files.check_recorded_once,
    "archived": check_files.check_archive,
    "judged rightly": check_files.check_verdicts,
    "newest in force": check_files.check_newest_in_force,
    "receipt time": check_files.check_receipt_times,
    "answered": check_files.check_answers,
    "no leftovers": check_files.check_leftovers,
    "known mail": check_mail.check_known,
    "one copy": check_mail.check_copies,
    "mail recorded": check_mail.check_record,
    "allowed addresses": check_mail.check_addresses,
    "fair reminders": check_mail.check_reminders,
    "step once": check_mail.check_steps,
    "newest position": check_mail.check_positions,
    "sums": check_report.check_sums,
    "published": check_report.check_publication,
    "audit": check_report.check_audit,
    "calm passes": check_report.check_calm,
    "one pass more": check_report.check_one_pass_more,
}
END = "same end"


@dataclass(frozen=True)
class Result:
    """What one season showed."""

    seed: int
    engine: str
    kind: str
    seconds: float
    processes: int
    fired: int
    broken: tuple[tuple[str, str], ...] = field(default=())  # (invariant, what happened)


def check(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Every invariant that the evidence breaks."""
    for name, examine in CHECKS.items():
        for text in examine(evidence):
            yield name, text


class Seasons:
    """Plays seasons; the calm one of a story is played once."""

    def __init__(self, theatre: Theatre, stories: int) -> None:
        self._theatre, self._stories = theatre, stories
        self._calm: dict[int, tuple[State, State]] = {}

    def play(self, seed: int, engine: str, *, keep: bool = False) -> Result:
        """The season of a seed on an engine."""
        started = time.monotonic()
        number = seed % self._stories
        end, everything, broken = self._play_calm(number)
        scheme = make_scheme(seed)
        player = Player(self._theatre, make_story(number), scheme, engine, f"{seed}-{engine}-{os.getpid()}")
        try:
            evidence = player.play()
            found = [*broken, *check(evidence)]
            if scheme.is_strict:
                found += [(END, text) for text in compare(everything, describe_everything(evidence))]
            else:
                found += [(END, text) for text in compare(end, describe_end(evidence))]
        finally:
            player.close(keep=keep)
        outcomes = [outcome for step in evidence.steps for outcome in step.outcomes]
        fired = sum(len(outcome.fired) for outcome in outcomes) + _count_refusals(evidence)
        seconds = time.monotonic() - started
        return Result(seed, engine, scheme.kind, seconds, len(outcomes), fired, tuple(found))

    def _play_calm(self, number: int) -> tuple[State, State, list[tuple[str, str]]]:
        if number in self._calm:
            return (*self._calm[number], [])
        player = Player(self._theatre, make_story(number), None, SQLITE, f"calm-{number}-{os.getpid()}")
        try:
            evidence = player.play()
            broken = [(name, f"calm season {number}: {text}") for name, text in check(evidence)]
        finally:
            player.close()
        self._calm[number] = describe_end(evidence), describe_everything(evidence)
        return (*self._calm[number], broken)


def _count_refusals(evidence: Evidence) -> int:
    """How often the mail server did anything but take a message and say so."""
    return sum(
        line["what"] not in ("offered", "taken") or line.get("is_answered") is False for line in evidence.journal
    )


def summarize(result: Result) -> dict[str, Any]:
    return {**vars(result), "broken": [list(one) for one in result.broken]}
