"""The same steps without Airflow: `python -m kybaocao …`.

Exit status: 0 done, 1 the command found something wrong (each module says what), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields

from kybaocao.cli import (
    backtest,
    backup,
    bounce,
    check,
    clean,
    config,
    demo,
    doctor,
    down,
    import_results,
    letters,
    lineage,
    notices,
    one_pass,
    reconcile,
    redirect,
    report,
    resend,
    restore,
    season,
    status,
    store,
    template,
    up,
    verify,
    watch,
    withdraw,
    withdraw_steps,
)
from kybaocao.cli.command import Command, UsageError
from kybaocao.plan.plan import PlanError
from kybaocao.store.journal import StoreIsOlderError
from kybaocao.workbook.sandbox import BusyMachineError
from kybaocao.yaml_source import SourceError

# In the order of the help.
COMMANDS: tuple[Command, ...] = (
    template,
    check,
    status,
    one_pass,
    report,
    lineage,
    backtest,
    season,
    bounce,
    store,
    config,
    doctor,
    import_results,
    letters,
    notices,
    redirect,
    resend,
    watch,
    withdraw,
    withdraw_steps,
    clean,
    backup,
    restore,
    reconcile,
    verify,
    up,
    down,
    demo,
)
READER_GONE = 141  # as a shell reports a program that SIGPIPE ended


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name and return its exit status."""
    options = vars(build_parser().parse_args(words))
    command: Command = options["command"]
    arguments = command.Arguments(**{field.name: options[field.name] for field in fields(command.Arguments)})
    try:
        return command.run(arguments)
    except (UsageError, PlanError, SourceError, BusyMachineError, StoreIsOlderError) as error:
        print(str(error), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kybaocao", description="Kỳ Báo Cáo: thu, kiểm tra, tổng hợp, đôn đốc, phát hành."
    )
    commands = parser.add_subparsers(required=True, metavar="LỆNH")
    for module in COMMANDS:
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        command.set_defaults(command=module)
        command.add_argument("--json", action="store_true", help="kết quả dạng JSON")
        module.add_arguments(command)
    return parser
