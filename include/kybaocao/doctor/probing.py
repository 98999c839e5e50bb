"""A probe tries one thing and reports what it found; a probe that fails is reported as a line, too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from kybaocao.home import Home
from kybaocao.plan.load import list_plan_folders, plan_in_force
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_moment
from kybaocao.yaml_source import SourceError


class State(StrEnum):
    GOOD = "tốt"
    DOUBTFUL = "nên xem"  # works, or cannot be known; somebody should look
    BAD = "hỏng"  # a live start would fail

    @property
    def mark(self) -> str:
        return {State.GOOD: "✓", State.DOUBTFUL: "!", State.BAD: "✗"}[self]


@dataclass(frozen=True)
class Answer:
    """One line: how it stands, what was found, and what to do about it."""

    state: State
    found: str
    advice: str = ""


def good(found: str) -> Answer:
    return Answer(State.GOOD, found)


def doubtful(found: str, advice: str) -> Answer:
    return Answer(State.DOUBTFUL, found, advice)


def bad(found: str, advice: str) -> Answer:
    return Answer(State.BAD, found, advice)


@dataclass(frozen=True)
class Setting:
    """What is examined: an installation, at a moment."""

    home: Home
    now: dt.datetime

    @cached_property
    def plans(self) -> list[Plan]:
        """The plans in force that can be read; probe_configuration reports the others."""
        found = []
        for folder in list_plan_folders():
            try:
                found.append(plan_in_force(folder, self.home))
            except SourceError:
                continue
        return found


@dataclass(frozen=True)
class Probe:
    area: str  # the heading of its lines
    run: Callable[[Setting], Iterable[Answer]]


@dataclass(frozen=True)
class Examined:
    """The lines of one probe."""

    area: str
    answers: tuple[Answer, ...]


def examine(setting: Setting, probes: Sequence[Probe]) -> list[Examined]:
    """Run every probe; the answers that a probe gave before it failed are kept."""
    return [Examined(probe.area, tuple(_run_alone(probe, setting))) for probe in probes]


def _run_alone(probe: Probe, setting: Setting) -> list[Answer]:
    answers: list[Answer] = []
    try:
        for answer in probe.run(setting):
            answers.append(answer)  # noqa: PERF402 - what came before the fault is kept
    except Exception as error:
        message = " ".join(str(error).split())[:300]
        answers.append(
            bad(
                f"phép thử này không chạy được: {type(error).__name__}: {message}",
                "gửi dòng này cho người phụ trách kỹ thuật",
            )
        )
    return answers


def is_sound(examined: Iterable[Examined]) -> bool:
    return not any(answer.state is State.BAD for one in examined for answer in one.answers)


def describe(examined: Sequence[Examined], setting: Setting, zone: dt.tzinfo) -> str:
    """The whole examination as text: by area, with the advice below each line that has one."""
    lines = [f"Kiểm tra hệ thống lúc {format_moment(setting.now.astimezone(zone))}, dữ liệu ở {setting.home.root}"]
    for one in examined:
        lines += ["", one.area] if one.answers else []
        for answer in one.answers:
            lines.append(f"  {answer.state.mark} {answer.found}")
            lines += [f"      → {answer.advice}"] if answer.advice else []
    counts = [sum(answer.state is state for one in examined for answer in one.answers) for state in State]
    verdict = "chưa sẵn sàng" if counts[2] else "sẵn sàng, còn điều nên xem" if counts[1] else "sẵn sàng"
    lines += ["", f"Kết luận: {verdict}. {counts[0]} mục tốt (✓), {counts[1]} nên xem (!), {counts[2]} phải sửa (✗)."]
    return "\n".join(lines)


def list_lines(examined: Iterable[Examined]) -> list[dict[str, str]]:
    """The same as plain data, for `--json`."""
    return [
        {"area": one.area, "state": answer.state.name.lower(), "found": answer.found, "advice": answer.advice}
        for one in examined
        for answer in one.answers
    ]
