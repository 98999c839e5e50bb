"""`up`: start the embedded system on this machine, or restart one component of it.

A new system starts with its cycles paused: nothing is written to agencies before somebody switches a cycle on.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, dataclass

from kybaocao.cli.command import BaseArguments, UsageError, print_json
from kybaocao.cli.up_words import COMPONENT_WORDS, CycleState, describe_port, describe_step, describe_system
from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.control import COMPONENTS
from kybaocao.embedded.processes import list_processes, read_environment
from kybaocao.embedded.system import MARK, PortTakenError, System, find_free_port, is_port_free
from kybaocao.home import Home
from kybaocao.plan.load import cycles_in_force, list_plan_folders, plan_in_force
from kybaocao.plan.plan import PlanError
from kybaocao.settings import read_setting
from kybaocao.yaml_source import SourceError

NAME = "up"
HELP = "Khởi động hệ thống trên máy này (các kỳ tạm dừng), hoặc khởi động lại một bộ phận"
PORT, SMTP_PORT, LAST_PORT = 8080, 1025, 65535
OPERATOR = "vanhanh"
CYCLES_TIMEOUT_SECONDS = 60  # the DAG processor finds new cycles within half of this


@dataclass(frozen=True)
class Arguments(BaseArguments):
    port: int | None
    restart: str | None


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port",
        type=read_port,
        metavar="CỔNG",
        help=f"cổng của trang Airflow; mặc định {PORT}, hoặc biến môi trường KYBAOCAO_PORT",
    )
    command.add_argument(
        "--restart",
        metavar="BỘ_PHẬN",
        help=f"chỉ khởi động lại một bộ phận của hệ thống đang chạy: {', '.join(COMPONENTS)}",
    )


def read_port(word: str) -> int:
    """Raises argparse's error when the word is no port."""
    if word.isascii() and word.isdigit() and 0 < int(word) <= LAST_PORT:
        return int(word)
    raise argparse.ArgumentTypeError(f"cổng phải là số từ 1 đến {LAST_PORT}, không phải “{word}”")


def run(arguments: Arguments) -> int:
    home = Home.from_environment().root
    port = arguments.port or int(read_setting("KYBAOCAO_PORT") or PORT)
    system = System(home, port).find_running()
    if arguments.restart is not None:
        return _restart(system, arguments)
    was_running = system.is_running()
    began = time.monotonic()
    if not was_running:
        system = System(home, port, SMTP_PORT if is_port_free(SMTP_PORT) else find_free_port())
    if not was_running or not system.is_healthy():  # one that runs may still be starting
        _start(system, began)
    cycles = _list_cycles(system)
    seconds = None if was_running else time.monotonic() - began
    if arguments.json:
        print_json(
            {
                "url": system.url,
                "was_running": was_running,
                "components": system.list_components(),
                "cycles": [asdict(cycle) for cycle in cycles],
                "home": str(home),
            }
        )
    else:
        print(describe_system(system, cycles, seconds, asked_port=arguments.port))
    return 0


def _start(system: System, began: float) -> None:
    """Raises UsageError. What it comes to is written where it does not mix with the result."""

    def report(step: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} giây] {describe_step(step)}", file=sys.stderr, flush=True)

    try:
        system.start(on_step=report)
    except PortTakenError as error:
        raise UsageError(_explain_port(error)) from None
    except RuntimeError as error:
        raise UsageError(f"Chưa khởi động được hệ thống: {error}\nDừng những gì đã chạy: make down") from None
    except KeyboardInterrupt:
        raise UsageError("Đã thôi đợi; hệ thống có thể vẫn đang khởi động. Dừng hẳn: make down") from None


def _explain_port(error: PortTakenError) -> str:
    other = next((port for port in range(max(error.port, 1023) + 1, LAST_PORT) if is_port_free(port)), find_free_port())
    return describe_port(error.port, other, is_forbidden=error.is_forbidden, owner=_find_owner(error.port))


def _find_owner(port: int) -> str:
    """The data folder of another system of ours that has this port; "" when it is some other program's."""
    for pid in list_processes():
        found = read_environment(pid)
        if found.get("AIRFLOW__API__PORT") == str(port) and MARK in found:
            return found.get("KYBAOCAO_HOME", "")
    return ""


def _restart(system: System, arguments: Arguments) -> int:
    """Raises UsageError."""
    name = arguments.restart
    if name not in COMPONENTS:
        raise UsageError(f"không có bộ phận “{name}”; các bộ phận: {', '.join(COMPONENTS)}")
    if not system.is_running():
        raise UsageError(f"hệ thống (thư mục dữ liệu {system.home}) không chạy; khởi động: make up")
    began = time.monotonic()
    try:
        system.restart(name)
    except RuntimeError as error:
        raise UsageError(f"Chưa khởi động lại được {name}: {error}") from None
    if arguments.json:
        print_json({"restarted": name, "components": system.list_components()})
    else:
        print(f"Đã khởi động lại {COMPONENT_WORDS[name]} sau {time.monotonic() - began:.0f} giây.")
    return 0


def _list_cycles(system: System) -> list[CycleState]:
    """The configured cycles as Airflow has them: paused, on, or (None) not found by it within its time."""
    configured = {cycle.id: cycle.title for folder in list_plan_folders() for cycle in cycles_in_force(folder)[0]}
    paused: dict[str, bool] = {}
    until = time.monotonic() + CYCLES_TIMEOUT_SECONDS
    while not set(configured) <= set(paused) and time.monotonic() < until:
        try:
            paused = AirflowApi(system.url, OPERATOR, system.passwords()[OPERATOR]).list_paused()
        except (RuntimeError, OSError, KeyError):  # busy, or the accounts were changed by hand
            paused = {}
        time.sleep(0.5)
    agencies = _count_agencies()
    return [CycleState(cycle, title, paused.get(cycle), agencies.get(cycle, 0)) for cycle, title in configured.items()]


def _count_agencies() -> dict[str, int]:
    """cycle -> how many agencies get a form; a plan that cannot be used has none."""
    found: dict[str, int] = {}
    for folder in list_plan_folders():
        try:
            plan = plan_in_force(folder)
        except (PlanError, SourceError):
            continue
        found |= dict.fromkeys(plan.cycles, len(plan.expected))
    return found
