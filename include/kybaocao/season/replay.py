"""A season written down in a file, and the messages it causes.

    {
      "cycle": "nq02-2026-ky2",
      "passes": ["2026-11-16T08:00", "2026-11-25T08:00"],                  optional: when somebody looks
      "agencies": {
        "X-04183": [{"at": "2026-12-01T09:30", "file": "returned"},        accepted, returned or unreadable
                    {"at": "2026-12-03T15:00", "file": "accepted"}]
      },
      "outages": [{"part": "mail", "from": "2026-12-02T00:00", "to": "2026-12-03T12:00"}]     optional
    }

Without "passes" there is one at every milestone of the cycle and a minute after every file.  Agencies that
are not named are silent.  Moments without a zone are in the plan's.  Extensions, exemptions, contacts and
deadlines are those of the plan's configuration, so that the same files play the same season on Airflow.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kybaocao.files import explain_os_error, read_settings
from kybaocao.plan.load import find_plan
from kybaocao.plan.reminder_steps import Addressee
from kybaocao.plan.verdict import Verdict
from kybaocao.season.events import Drop, File, Outage, Part, Season
from kybaocao.season.playing import Played
from kybaocao.yaml_source import explain

POSITION = "tinh_hinh"  # the leaders' position letter, as the ladder's file and the outbox call it
FILES = {Verdict.ACCEPTED: File.GOOD, Verdict.RETURNED: File.FAULTY, Verdict.UNREADABLE: File.DAMAGED}


def _read_moment(value: object) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"“{value}” không phải thời điểm hợp lệ; viết dạng 2026-12-09T08:00") from None


Moment = Annotated[dt.datetime, BeforeValidator(_read_moment)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _File(_Part):
    at: Moment
    file: Verdict


class _Outage(_Part):
    part: Part
    begins: Moment = Field(alias="from")
    ends: Moment = Field(alias="to")


class _Replay(_Part):
    cycle: str
    passes: list[Moment] | None = None
    agencies: dict[str, list[_File]]
    outages: list[_Outage] = []


class ReplayError(ValueError):
    """The file cannot be played; the message is for the user."""


def read_replay(path: Path) -> Season:
    """The season of a file, with the plan that owns its cycle. Raises ReplayError."""
    try:
        replay = _Replay.model_validate_json(read_settings(path))
        plan = find_plan(replay.cycle)
    except OSError as error:
        raise ReplayError(f"không mở được tệp {path}: {explain_os_error(error)}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "toàn tệp"
        raise ReplayError(f"{path.name}, mục “{where}”: {explain(first)}") from None
    except KeyError as error:
        raise ReplayError(str(error.args[0])) from None
    expected = {agency.code for agency in plan.expected}
    if unknown := [code for code in replay.agencies if code not in expected]:
        raise ReplayError(f"{path.name}: không có cơ quan phải báo cáo mang mã {', '.join(unknown)}")

    def local(moment: dt.datetime) -> dt.datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=plan.timezone)

    drops = [Drop(local(one.at), code, FILES[one.file]) for code, files in replay.agencies.items() for one in files]
    return Season(
        plan,
        replay.cycle,
        tuple(sorted(drops, key=lambda drop: drop.at)),
        tuple(Outage(stop.part, local(stop.begins), local(stop.ends)) for stop in replay.outages),
        passes=None if replay.passes is None else tuple(sorted(local(moment) for moment in replay.passes)),
    )


@dataclass(frozen=True)
class Sent:
    """One agency in one message that was sent; a collective message gives one for each agency it names.

    The position letter of the leaders names no agency: `agency` is "", `rung` is POSITION.
    """

    moment: str  # the pass that sent it, local time
    agency: str
    rung: str  # with "@" and the deadline when that is not the announced one
    repetition: int
    addressee: str


def list_sent(played: Played) -> list[Sent]:
    """Every message of a season, by moment, agency and reminder step."""
    zone = played.season.plan.timezone
    sent = {
        Sent(letter.sent_at.astimezone(zone).isoformat(timespec="minutes"), outstanding.agency, *step.key, step.to)
        for letter in played.letters
        for outstanding, step in letter.notice.steps
    } | {
        Sent(
            letter.sent_at.astimezone(zone).isoformat(timespec="minutes"), "", POSITION, 0, Addressee.COORDINATOR.value
        )
        for letter in played.positions
    }
    return sorted(sent, key=lambda one: (one.moment, one.agency, one.rung))


def describe_sent(sent: list[Sent]) -> str:
    """One line for each."""
    if not sent:
        return "Mùa này không có thư đôn đốc, thư tình hình nào."
    width = max(1, *(len(one.agency) for one in sent))
    lines = []
    for one in sent:
        moment = one.moment[:16].replace("T", " ")
        turn = "" if one.rung == POSITION else f" (lần {one.repetition + 1})"
        lines.append(f"{moment}  {one.agency or '–':<{width}}  {one.rung}{turn} → {one.addressee}")
    return "\n".join(lines)
