"""`python -m tests.faults`: fault seasons by their seeds, and crash points one by one."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("AIRFLOW_HOME", f"/tmp/kybaocao-faults-airflow-{os.getpid()}")
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "True")

from tests.faults.crash_points import SCENES, examine_scene  # noqa: E402
from tests.faults.engines import POSTGRESQL, SQLITE, run_postgres  # noqa: E402
from tests.faults.seasons import Result, Seasons, summarize  # noqa: E402

_held: dict[str, Any] = {}


def main() -> int:
    options = _read_options()
    if options.serve:
        options.jobs = 1
        return _serve(options)
    engines = (SQLITE, POSTGRESQL) if options.engine == "both" else (options.engine,)
    started = time.monotonic()
    with ExitStack() as stack:
        server = stack.enter_context(run_postgres()) if POSTGRESQL in engines else ""
        jobs: list[tuple[int | str, str, int]] = []
        scenes = [scene.name for scene in SCENES] if options.enumerate else options.scenes
        jobs += [(scene, engine, part) for scene in scenes for engine in engines for part in range(options.jobs)]
        seeds = options.seeds or range(options.seed, options.seed + options.seasons)
        jobs += [(seed, engine, 0) for seed in seeds for engine in engines]
        context = multiprocessing.get_context("fork")
        arguments = (server, options)
        with context.Pool(min(options.jobs, max(len(jobs), 1)), _begin, arguments) as pool:
            results = []
            for result in pool.imap_unordered(_play, jobs):
                results.append(result)
                _report(result, len(results), len(jobs), options.stories)
            pool.close()
            pool.join()
    return _conclude(results, time.monotonic() - started, options)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seasons", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first season")
    parser.add_argument("--seeds", type=int, nargs="+", help="these seeds instead")
    parser.add_argument("--engine", choices=["both", SQLITE, POSTGRESQL], default="both")
    parser.add_argument("--stories", type=int, default=40, help="how many stories the seasons share")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; 1 when serving")
    parser.add_argument("--enumerate", action="store_true", help="also kill at every single crash point")
    parser.add_argument(
        "--scenes", nargs="+", default=[], choices=[scene.name for scene in SCENES], help="of these only"
    )
    parser.add_argument("--serve", action="store_true", help="answer questions of the tests, one line of JSON each")
    parser.add_argument("--keep", action="store_true", help="leave each season's home where it is")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "faults" / "summary.json")
    return parser.parse_args()


def _begin(server: str, options: argparse.Namespace) -> None:
    """A worker: everything loaded once, its own mail server."""
    from tests.faults.stage import open_theatre

    _held["options"] = options
    try:
        _held["theatre"] = open_theatre(server)
    except Exception as error:  # a pool begins a worker that fails here again and again
        _held["failure"] = error
        return
    _held["seasons"] = Seasons(_held["theatre"], options.stories)


def _play(job: tuple[int | str, str, int]) -> Result:
    what, engine, part = job
    options = _held["options"]
    try:
        if failure := _held.get("failure"):
            raise failure
        if isinstance(what, int):
            result: Result = _held["seasons"].play(what, engine, keep=options.keep)
            return result
        scene = next(scene for scene in SCENES if scene.name == what)
        started = time.monotonic()
        count, broken = examine_scene(_held["theatre"], scene, engine, (part, options.jobs))
        found = tuple((what, text) for text in broken)
        return Result(part, engine, f"every point of {what}", time.monotonic() - started, 2 * count, count, found)
    except Exception:
        return Result(
            what if isinstance(what, int) else part, engine, "", 0, 0, 0, (("harness", traceback.format_exc()[-1500:]),)
        )


def _serve(options: argparse.Namespace) -> int:
    """Play what the tests ask for; PostgreSQL is started when it is first needed."""
    with ExitStack() as stack:
        for line in sys.stdin:
            question = json.loads(line)
            if not _held:
                _begin("", options)
            if question["engine"] == POSTGRESQL and not _held["theatre"].engines.has_postgres:
                _held["theatre"].engines.use_postgres(stack.enter_context(run_postgres()))
            result = _play((question.get("seed", question.get("scene")), question["engine"], 0))
            print(json.dumps(summarize(result), ensure_ascii=False), flush=True)
    return 0


def _name_command(seed: int | str, engine: str, stories: int) -> str:
    """What plays a season again: the number of stories decides which one a seed plays."""
    return f"make faults SEED={seed} SEASONS=1 ENGINE={engine} STORIES={stories}"


def _report(result: Result, number: int, of: int, stories: int) -> None:
    mark = "ok" if not result.broken else f"{len(result.broken)} BROKEN"
    print(
        f"{number}/{of} seed {result.seed} {result.engine} {result.kind}: {result.processes} processes, "
        f"{result.fired} faults met, {result.seconds:.0f} s: {mark}",
        flush=True,
    )
    if result.broken:
        for name, text in result.broken[:12]:
            print(f"    {name}: {text}", flush=True)
        print(f"    again: {_name_command(result.seed, result.engine, stories)}", flush=True)


def _conclude(results: list[Result], seconds: float, options: argparse.Namespace) -> int:
    out: Path = options.out
    broken = Counter(name for result in results for name in {name for name, _ in result.broken})
    failing = sorted((result.seed, result.engine) for result in results if result.broken)
    out.parent.mkdir(parents=True, exist_ok=True)
    summary = {
        "seasons": len(results),
        "processes": sum(result.processes for result in results),
        "faults_met": sum(result.fired for result in results),
        "seconds": round(seconds),
        "broken": dict(broken),
        "failing": failing,
        "results": [summarize(result) for result in sorted(results, key=lambda one: (one.seed, one.engine))],
    }
    out.write_text(json.dumps(summary, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    print(
        f"{len(results)} seasons, {summary['processes']} processes, {summary['faults_met']} faults met, "
        f"{seconds:.0f} s; {len(failing)} seasons broke an invariant: {dict(broken)}"
    )
    for seed, engine in failing:
        print(f"  {_name_command(seed, engine, options.stories)}")
    return 1 if failing else 0


if __name__ == "__main__":
    try:
        status = main()
    finally:
        shutil.rmtree(os.environ["AIRFLOW_HOME"], ignore_errors=True)
    sys.exit(status)
