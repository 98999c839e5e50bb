"""Playing the sample season on real Airflow, and checking what came out.

Scheduler, triggerer, DAG processor, API server and mail sink run as real processes in `var/demo`; passes
are triggered and the approval is answered through the public API, as an operator and a leader would.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kybaocao.console.facts.passes import gather_pass
from kybaocao.demo.counts import check_counts, count_outcomes
from kybaocao.demo.figures import Answers, Filler
from kybaocao.demo.files import answers_of, write_file
from kybaocao.demo.proof import compare
from kybaocao.demo.season import Act, File, Scene, Season, local_moment, write_season
from kybaocao.demo.words import write_sample_words
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import REPOSITORY, System, find_free_port
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.plan.plan import Plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.reports import list_versions, load_snapshot
from kybaocao.vietnamese import format_date

CYCLE, PREVIOUS, SEED = "nq02-2026-ky2", "nq02-2026-ky1", 2026
PREVIOUS_SUBMISSION, PREVIOUS_REPORT = "2026-06-08T15:00", "2026-06-12T10:00"
REJECTION = "Bổ sung nhiệm vụ trọng tâm và số liệu các xã nộp muộn trước khi trình."
# What Sở Tài chính and UBND tỉnh enter, as the fields of their forms.
APPROVAL = {
    "so": "87/BC-STC",
    "ngay": "14/12/2026",
    "nguoi_ky": "Đặng Trọng Lâm",
    "chuc_vu": "Giám đốc",
    "bo_qua": "Dữ liệu mẫu, diễn lại kỳ báo cáo",
    "ly_do": "",
}
SIGNATURE = APPROVAL | {
    "so": "215/BC-UBND",
    "ngay": "16/12/2026",
    "nguoi_ky": "Nguyễn Văn Mẫu",
    "chuc_vu": "Phó Chủ tịch",
}
# What makes an accepted version: the kinds of act whose file is sound.
SOUND = (File.GOOD, File.ZERO, File.CORRECTION)


class Clock:
    """Seconds by step, for the summary."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.began = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - start, 1)


def play_season(*, keep: bool = False) -> int:
    """The whole demonstration on an embedded system of its own; 0 when published equals computed."""
    home = REPOSITORY / "var" / "demo"
    system = System(home, find_free_port(), find_free_port())
    system.erase()
    home.mkdir(parents=True)
    os.environ["KYBAOCAO_HOME"] = str(home)
    os.environ["KYBAOCAO_REPLAY"] = "1"
    os.environ.pop("KYBAOCAO_DB_URL", None)
    clock = Clock()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` stops Airflow then, too
    try:
        with clock.step("start_airflow"):
            say("starting Airflow (scheduler, triggerer, DAG processor, API server) and a mail sink …")
            system.start(is_tied=not keep)
        say(f"  up at {system.url}   [{clock.seconds['start_airflow']:.0f} s]")
        passwords = system.passwords()
        status = play_against(
            AirflowApi(system.url, "vanhanh", passwords["vanhanh"]),
            AirflowApi(system.url, "lanhdao", passwords["lanhdao"]),
            AirflowApi(system.url, "ubndtinh", passwords["ubndtinh"]),
            clock,
        )
        if keep and not status:
            say(f"Airflow keeps running at {system.url} (user vanhanh, password {passwords['vanhanh']})")
        return status
    finally:
        if not keep:
            system.stop()


def play_against(api: AirflowApi, leader: AirflowApi, province: AirflowApi, clock: Clock) -> int:
    """The season on a running system whose data folder and store are ours too, started with KYBAOCAO_REPLAY=1."""
    home = Home.from_environment().root
    plan = find_plan(CYCLE)
    season = write_season(plan, SEED)
    say(f"Kỳ Báo Cáo: the year-end season of {plan.header.province}, {len(plan.expected)} agencies, on real Airflow")
    with clock.step("previous_cycle"):
        play_previous(plan)
    say(f"  half-year cycle replayed without Airflow, for comparison   [{clock.seconds['previous_cycle']:.0f} s]")
    api.wait_for_dag(CYCLE)
    reported = play_scenes(plan, season, api, (leader, province), clock)
    summary = summarise(plan, season, home, clock)
    differences = [*check_counts(summary), *compare(plan, season, reported, summary)]
    summary["agrees_with_independent_computation"] = not differences
    (home / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1))
    print_summary(summary, differences, home)
    return 1 if differences else 0


def say(line: str) -> None:
    print(line, flush=True)


# --- the previous cycle -----------------------------------------------------------------------------------------


def play_previous(plan: Plan) -> None:
    """The half-year cycle in one process, so that the year-end report has something to stand beside."""
    from kybaocao.documents.report.content import SignOff
    from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
    from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
    from kybaocao.stages.support.decision_steps import Step
    from kybaocao.stages.support.decisions import Decision, record_decision
    from kybaocao.stages.whole_pass import run_pass

    filler = Filler(SEED)
    at = local_moment(PREVIOUS_SUBMISSION, plan)
    p = Pass.begin(PREVIOUS, at, is_replay=True)
    p.store.upgrade()
    for number, agency in enumerate(plan.expected):
        inbox = p.home.inbox(agency.code, PREVIOUS)
        inbox.mkdir(parents=True)
        write_file(plan, PREVIOUS, Act(agency.code, File.GOOD), filler, inbox, number)
    run_pass(p)
    end = Pass.begin(PREVIOUS, local_moment(PREVIOUS_REPORT, plan), is_replay=True)
    version = run_pass(end)["report_version"]
    approval = SignOff("41/BC-STC", end.local.date(), APPROVAL["nguoi_ky"], APPROVAL["chuc_vu"])
    signature = SignOff("98/BC-UBND", end.local.date(), SIGNATURE["nguoi_ky"], SIGNATURE["chuc_vu"])
    record_decision(end, version, Decision(True, "lanhdao", sign_off=approval))
    submit_to_ubnd_tinh(end, version)
    record_decision(end, version, Decision(True, "ubndtinh", sign_off=signature), Step.SIGNATURE)
    publish_to_bo_tai_chinh(end, version)
    withdraw_unsent(end)


def withdraw_unsent(p: Pass) -> None:
    """Nobody is written to about a cycle that is only replayed: no letter of it may stand there as one that waits.

    Nor among what is to be done, as the console shows it.
    """
    from kybaocao.stages.support.letters import withdraw_letter
    from kybaocao.stages.support.operator_warnings import list_warnings
    from kybaocao.stages.support.warning_record import record_warnings
    from kybaocao.store.outbox import LetterState, list_messages

    with p.store.read() as connection:
        unsent = list_messages(connection, p.cycle.id, (LetterState.PENDING,))
    for one in unsent:
        withdraw_letter(p, one.id, by="trình diễn", reason="kỳ sáu tháng chỉ diễn lại để so sánh, không gửi thư")
    record_warnings(p, list_warnings(p))


# --- the cycle itself ---------------------------------------------------------------------------------------------


def play_scenes(
    plan: Plan, season: Season, api: AirflowApi, deciders: tuple[AirflowApi, AirflowApi], clock: Clock
) -> dict[str, Answers]:
    """Every pass; returns agency -> what its last accepted file was meant to say."""
    filler = Filler(SEED)
    reported: dict[str, Answers] = {}
    for number, scene in enumerate(season.scenes):
        run = f"{scene.at[:10]}__luot_{number + 1:02d}"
        is_last = number == len(season.scenes) - 1
        with clock.step(f"pass_{number + 1:02d}"):
            drop_files(plan, scene, filler, reported)
            if is_last:
                say(f"      Sở Tài chính writes in bo-sung.txt at {len(write_sample_words(CYCLE))} places left open")
            api.trigger(CYCLE, run, {"as_of": scene.at})
            state = api.wait_for_run(CYCLE, run, may_wait_for_human=True)
        if state not in ("success", "waiting"):
            raise RuntimeError(f"pass {run} ended {state}; see {api.url}/dags/{CYCLE}/runs/{run}")
        day = local_moment(scene.at, plan)
        judged, reminded = count_agencies(run, day)
        say(
            f"  {format_date(day.date())} {day:%H:%M}  {scene.title:<44}"
            f" files {len(scene.acts):>2}  judged {judged:>2}  reminded {reminded:>2}"
            f"   [{clock.seconds[f'pass_{number + 1:02d}']:.0f} s]"
        )
        if state == "waiting":
            with clock.step("approval"):
                answer_questions(*deciders, run, is_last=is_last)
    return reported


def count_agencies(run: str, at: dt.datetime) -> tuple[int, int]:
    """How many agencies had files judged by a pass, and how many were reminded."""
    done = gather_pass(Pass.begin(CYCLE, at), CYCLE, run)
    if done is None:
        return 0, 0
    return len({one.agency for one in done.files if one.is_judged_here}), len({one.agency for one in done.reminders})


def drop_files(plan: Plan, scene: Scene, filler: Filler, reported: dict[str, Answers]) -> None:
    home = Home.from_environment()
    for number, act in enumerate(scene.acts):
        write_file(plan, CYCLE, act, filler, home.inbox(act.agency, CYCLE), number)
        if act.file in SOUND:
            reported[act.agency] = answers_of(plan, CYCLE, act, filler)


def answer_questions(leader: AirflowApi, province: AirflowApi, run: str, *, is_last: bool) -> None:
    """First sent back with a reason; the next version approved by Sở Tài chính, then signed by UBND tỉnh."""
    if not is_last:
        say("      leader sends the draft back through the API, with a reason")
        leader.answer(CYCLE, run, "approve", "Trả lại", dict.fromkeys(APPROVAL, "") | {"ly_do": REJECTION})
        _await_answer(leader, run, "approve", "success")
        return
    say("      leader approves through the API: số 87/BC-STC, 14/12/2026; the report goes to UBND tỉnh")
    leader.answer(CYCLE, run, "approve", "Phê duyệt", APPROVAL)
    _await_answer(leader, run, "approve", "waiting")
    say("      UBND tỉnh signs through the API: số 215/BC-UBND, 16/12/2026")
    province.answer(CYCLE, run, "sign", "Phê duyệt", SIGNATURE)
    _await_answer(province, run, "sign", "success")


def _await_answer(api: AirflowApi, run: str, task: str, wanted: str) -> None:
    """Until the run has come to its end, or to the next question. Raises RuntimeError when the answer was not taken."""
    state = api.wait_for_run(CYCLE, run, may_wait_for_human=wanted == "waiting")
    if (found := api.task_state(CYCLE, run, task)) != "success":
        raise RuntimeError(f"the answer to {run} was not taken: {task} ended {found}; see the mail to whoever answered")
    if state != wanted:
        raise RuntimeError(f"pass {run} ended {state} after {task}")


# --- the outcome ---------------------------------------------------------------------------------------------------


def summarise(plan: Plan, season: Season, home: Path, clock: Clock) -> dict[str, Any]:
    """What was published, read back from the store."""
    from kybaocao.stages.support.report_files import list_waiting, load_contents
    from kybaocao.store.outbox import list_messages
    from kybaocao.store.reports import list_publications

    p = Pass.begin(CYCLE, local_moment(season.scenes[-1].at, plan), is_replay=True)
    with p.store.read() as connection:
        version = list_versions(connection, CYCLE)[-1]
        snapshot = load_snapshot(connection, version.snapshot)
        publications = list_publications(connection, CYCLE)
        messages = list_messages(connection, CYCLE)
    return {
        "plan": plan.id,
        "cycle": CYCLE,
        **count_outcomes(snapshot.timeliness),
        "accepted": len(snapshot.accepted),
        "open_places": len(list_waiting(load_contents(home / version.folder))),
        "returned": sum(entry.returned_count > 0 for entry in snapshot.timeliness),
        "indicators": {
            result.id: {
                "numerator": _plain(result.cumulative.numerator),
                "denominator": _plain(result.cumulative.denominator),
                "value": _plain(result.cumulative.value),
                "verdict": result.verdict.value,
                "coverage": result.coverage,
            }
            for result in snapshot.indicators
        },
        "figures": {
            row: {"numerator": _plain(figures.numerator), "denominator": _plain(figures.denominator)}
            for result in snapshot.indicators
            for row, figures in [(result.id, result.cumulative), *((one.id, one.cumulative) for one in result.parts)]
        },
        "publications": [
            {
                "version": item.version,
                "release": item.release,
                "is_complete": item.completed_at is not None,
                "recipient": list(item.recipients),
                "content_sha256": item.content_checksum,
                "sha256": item.files,
            }
            for item in publications
        ],
        "mails": dict(sorted(Counter(m.message.kind for m in messages).items())),
        "mails_sent": sum(m.state == "sent" for m in messages),
        "mails_in_sink": len(list((home / "mail").glob("*.eml"))),
        "seconds": clock.seconds | {"total": round(time.monotonic() - clock.began, 1)},
        "report_folder": str(home / version.folder),
    }


def _plain(value: Any) -> str | None:
    return None if value is None else format(value, "f")


def print_summary(summary: dict[str, Any], differences: list[str], home: Path) -> None:
    counts = Counter(entry["verdict"] for entry in summary["indicators"].values())
    say("")
    say(
        f"{summary['accepted']}/{summary['expected']} agencies accepted: {summary['on_time']} on time, "
        f"{summary['late']} late with a reason; {summary['missing']} silent; "
        f"{summary['returned']} had a file sent back, {summary['returned_open']} of them not in again; "
        f"{summary['exempt']} exempt."
    )
    say("Indicators: " + ", ".join(f"{verdict} {count}" for verdict, count in counts.most_common()))
    for code in ("T15", "T16", "T17", "T18"):
        entry = summary["indicators"].get(code)
        if entry and entry["value"]:
            say(
                f"  {code}: {entry['numerator']}/{entry['denominator']} = {float(entry['value']):.2f} %"
                f"  {entry['verdict']}  ({entry['coverage']})"
            )
    for item in summary["publications"]:
        say(
            f"Version {item['version']} to {item['release']}: "
            f"{len(item['recipient'])} recipients, {len(item['sha256'])} files"
        )
    say(f"Mails: {summary['mails_sent']} sent, {summary['mails_in_sink']} in the sink, by kind {summary['mails']}")
    say(f"Total {summary['seconds']['total']:.0f} s.")
    say("")
    say(f"  report    {summary['report_folder']}")
    say(f"  mails     {home / 'mail'}")
    say(f"  folders   {home / 'shared'}   (an agency's view: X-04183/{CYCLE})")
    say(f"  summary   {home / 'summary.json'}")
    if differences:
        say("\nTHE PUBLISHED FIGURES DIFFER FROM THE INDEPENDENT COMPUTATION:")
        for line in differences:
            say(f"  - {line}")
        print("demo failed", file=sys.stderr)
    else:
        say("\nEvery published figure equals the independent computation.")
