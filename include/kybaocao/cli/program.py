"""The same steps without Airflow: `python -m kybaocao …`. What it ends with stands in `exit_status`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

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
    grant,
    import_results,
    letters,
    lift,
    lineage,
    make_shares,
    notices,
    one_pass,
    reconcile,
    redirect,
    report,
    resend,
    restore,
    revoke,
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
from kybaocao.cli.command import Command, UsageError, print_error
from kybaocao.cli.exit_status import ExitStatus, describe_statuses
from kybaocao.cli.failures import explain_failure
from kybaocao.cli.parser import Parser
from kybaocao.cli.streams import flush_output, prepare_streams, silence_output
from kybaocao.files import explain_os_error
from kybaocao.settings import check_settings
from kybaocao.vietnamese import nfc

PROGRAM = "python -m kybaocao"
# They are what helps when a setting is wrong: one names every fault, the other stops what runs.
WITHOUT_CHECK = (doctor.NAME, down.NAME)
STATUSES_STAND_IN = f"Mã thoát: xem {PROGRAM} --help."

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
    make_shares,
    grant,
    revoke,
    import_results,
    letters,
    lift,
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


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name and return its exit status; see `exit_status`."""
    prepare_streams()
    is_json = "--json" in (sys.argv[1:] if words is None else words)
    try:
        try:
            return _call(words)
        except SystemExit as end:  # argparse has answered: `--help`, or words that are no call of a command
            return end.code if isinstance(end.code, int) else ExitStatus.PROGRAM_FAULT
        except KeyboardInterrupt:
            print_error("Đã dừng theo yêu cầu.", ExitStatus.INTERRUPTED, is_json=is_json)
            return ExitStatus.INTERRUPTED
        except BrokenPipeError:
            raise
        except Exception as error:
            status, sentence = explain_failure(error)
            print_error(sentence, status, is_json=is_json)
            return status
        finally:
            flush_output()
    except BrokenPipeError:  # the reader has seen enough: `… | head`
        silence_output()
        return ExitStatus.READER_GONE
    except OSError as error:
        silence_output()
        print_error(f"không in được kết quả: {explain_os_error(error)}", ExitStatus.SYSTEM_TROUBLE, is_json=False)
        return ExitStatus.SYSTEM_TROUBLE


def _call(words: Sequence[str] | None) -> int:
    parser = build_parser()
    options = vars(parser.parse_args(words))
    command: Command = options["command"]
    if command.NAME not in WITHOUT_CHECK:
        check_settings()
    values = {field.name: _read_text(options[field.name]) for field in fields(command.Arguments)}
    return command.run(command.Arguments(**values))


def _read_text(value: Any) -> Any:
    """Text as it is stored: composed (NFC). Raises UsageError for bytes that are no text, but in names of files."""
    if isinstance(value, list):
        return [_read_text(one) for one in value]
    if not isinstance(value, str):
        return value
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value):
        raise UsageError(f"“{ascii(value)[1:-1]}” không phải là chữ (bảng mã UTF-8)")
    return nfc(value)


def build_parser() -> Parser:
    """The reader of every command's arguments: `LỆNH` first, then what the command asks for."""
    parser = Parser(
        prog=PROGRAM,
        description="Kỳ Báo Cáo: thu, kiểm tra, tổng hợp, đôn đốc, phát hành.",
        epilog=f"{PROGRAM} LỆNH --help giải thích một lệnh; --json cho kết quả dạng JSON, kể cả khi không làm được.\n\n"
        + describe_statuses(),
    )
    commands = parser.add_subparsers(required=True, metavar="LỆNH", title="lệnh")
    for module in COMMANDS:
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP, epilog=STATUSES_STAND_IN)
        command.set_defaults(command=module)
        command.add_argument("--json", action="store_true", help="kết quả dạng JSON")
        module.add_arguments(command)
    return parser
