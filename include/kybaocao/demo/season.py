"""The sample season: who submits what, and when. Plain data; the acts are played by `play`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from kybaocao.plan.plan import Plan


class File(StrEnum):
    """What an agency drops."""

    GOOD = "tốt"
    ZERO = "không phát sinh"
    FAULTY = "có lỗi"  # numerator over denominator, a late task without a reason, a text in a number cell
    UNEXPLAINED = "muộn, chưa ghi lý do"  # sent back until the reason is there
    CORRECTION = "sửa sau khi đã tiếp nhận"
    FOREIGN = "của cơ quan khác"
    DAMAGED = "hỏng"
    SCAN = "bản quét PDF"  # the signed report without the form: kept, and the form asked for


@dataclass(frozen=True)
class Act:
    """Before the pass of this moment, `agency` drops a file."""

    agency: str
    file: File
    late_reason: str = ""  # what the form says of coming late, or once more


@dataclass(frozen=True)
class Scene:
    """One pass of the season."""

    at: str  # local time, as `as_of`
    title: str
    acts: tuple[Act, ...] = field(default=())


# (moment, title, how many of the on-time agencies submit before it)
_TIMETABLE = (
    ("2026-11-16T08:00", "opening: forms issued and announced", 0.00),
    ("2026-11-25T08:00", "reminder 1, ten working days left", 0.10),
    ("2026-12-02T08:00", "reminder 2, five working days left", 0.20),
    ("2026-12-07T08:00", "reminder 3, two working days left", 0.25),
    ("2026-12-09T08:00", "the last day, morning", 0.25),
    ("2026-12-09T16:30", "the last day, evening rush", 0.20),
    ("2026-12-10T08:00", "overdue: notice to the agency", 0.0),
    ("2026-12-10T14:00", "overdue: notice to its head", 0.0),
    ("2026-12-11T08:00", "one list to Sở Tài chính's leaders", 0.0),
    ("2026-12-14T08:00", "one page to the Chairman", 0.0),
    ("2026-12-14T10:00", "the report is compiled", 0.0),
    ("2026-12-14T14:00", "late files and a correction: next version", 0.0),
)
_LATE_REASONS = (
    "Mất điện diện rộng do mưa lũ từ ngày 07 đến ngày 10/12/2026",
    "Công chức đầu mối mới nhận bàn giao, phải rà soát lại số liệu",
    "Chờ số liệu đối chiếu của cơ quan thuế",
    "",  # some do not say, hear which cell to fill, and hand in once more
)
_CORRECTION_REASON = "Số liệu được đối chiếu lại với cơ quan chuyên môn sau ngày chốt"
SILENT, LATE, FAULTY, ZERO, CORRECTING = 3, 12, 10, 5, 3


@dataclass(frozen=True)
class Season:
    """A whole season and what must come out of it."""

    scenes: tuple[Scene, ...]
    silent: tuple[str, ...]
    late: tuple[str, ...]  # accepted after the deadline, each with its reason
    unexplained: tuple[str, ...]  # late, sent back, and not in again before the last report
    zero: tuple[str, ...]
    corrected: tuple[str, ...]  # acceptance replaced by a later version
    returned: tuple[str, ...]  # had at least one file sent back


def write_season(plan: Plan, seed: int) -> Season:
    """Cast the agencies and spread their files over the passes; the same seed, the same season."""
    random = Random(seed)
    communes = [agency.code for agency in plan.expected if agency.code.startswith("X-")]
    departments = [agency.code for agency in plan.expected if not agency.code.startswith("X-")]
    random.shuffle(communes)
    silent = communes[:SILENT]
    late = [*communes[SILENT : SILENT + LATE - 2], *random.sample(departments[1:], 2)]
    prompt = [code for code in [*communes[SILENT + LATE - 2 :], *departments] if code not in late]
    random.shuffle(prompt)
    zero = [code for code in prompt if code.startswith("X-")][:ZERO]
    faulty = [code for code in prompt if code not in zero][:FAULTY]
    correcting = [code for code in prompt if code not in zero and code not in faulty][:CORRECTING]

    acts: list[list[Act]] = [[] for _ in _TIMETABLE]
    queue = list(prompt)
    for number, (_, _, share) in enumerate(_TIMETABLE):
        for code in _take(queue, round(len(prompt) * share)):
            _submit(acts, number, code, zero, faulty)
    for code in queue:
        _submit(acts, 5, code, zero, faulty)
    silenced, unexplained = [], []
    for number, code in enumerate(late):
        reason, scene = _LATE_REASONS[number % len(_LATE_REASONS)], 6 + number % 6
        if not reason:
            acts[scene].append(Act(code, File.UNEXPLAINED))
            silenced.append(code)
            reason, scene = _LATE_REASONS[0], scene + 1
        if scene < len(acts):
            acts[scene].append(Act(code, File.GOOD, reason))
        else:
            unexplained.append(code)
    # Three odd files, each answered to its own agency while everybody else goes on.
    odd = [code for code in prompt if code not in zero and code not in faulty][-3:]
    for code, kind in zip(odd, (File.FOREIGN, File.DAMAGED, File.SCAN), strict=True):
        acts[1].insert(0, Act(code, kind))
    for code in correcting:
        acts[-1].append(Act(code, File.CORRECTION, _CORRECTION_REASON))
    scenes = tuple(Scene(at, title, tuple(acts[n])) for n, (at, title, _) in enumerate(_TIMETABLE))
    return Season(
        scenes,
        silent=tuple(silent),
        late=tuple(code for code in late if code not in unexplained),
        unexplained=tuple(unexplained),
        zero=tuple(zero),
        corrected=tuple(correcting),
        returned=(*faulty, *odd[:2], *silenced),
    )


def _take(queue: list[str], count: int) -> list[str]:
    taken, queue[:] = queue[:count], queue[count:]
    return taken


def _submit(acts: list[list[Act]], number: int, code: str, zero: list[str], faulty: list[str]) -> None:
    """A faulty file comes one pass before its correction, the last ones on the last day."""
    if code in zero:
        acts[number].append(Act(code, File.ZERO))
    elif code in faulty:
        first = min(number, 4)
        acts[first].append(Act(code, File.FAULTY))
        acts[first + 1].append(Act(code, File.GOOD))
    else:
        acts[number].append(Act(code, File.GOOD))


def local_moment(text: str, plan: Plan) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=plan.timezone)
