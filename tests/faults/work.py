"""What the processes of a season do: a pass, a decision, a command. Each is one call of the product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kybaocao.adapters.smtp import open_smtp
from kybaocao.stages.collect import collect_files
from kybaocao.stages.deliver_mail import send_everything
from kybaocao.stages.support.decisions import Decision, record_decision
from kybaocao.stages.support.letters import LetterError, redirect_letter, resend_letter, withdraw_letter
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.stages.whole_pass import run_pass
from tests.conftest import CYCLE
from tests.decisions import publish

OPERATOR, REASON = "Lò Thị Hương", "máy chủ thư đã nhận lại được"
OTHER_ADDRESS = "lanhdao.stc@sonla.example.vn"
REPLY_TO = "tonghop.stc@sonla.example.vn"


def make_pass(as_of: dt.datetime) -> Callable[[], Any]:
    """A live pass at that moment, with its mail."""

    def _work() -> Any:
        p = Pass.begin(CYCLE, as_of)
        with open_smtp(p.home.root, REPLY_TO) as connect:
            return run_pass(p, connect=connect)

    return _work


def make_delivery(as_of: dt.datetime) -> Callable[[], Any]:
    """What waits in the outbox goes out; the task `deliver_mail` alone."""

    def _work() -> Any:
        p = Pass.begin(CYCLE, as_of)
        with open_smtp(p.home.root, REPLY_TO) as connect:
            return send_everything(p, connect).sent

    return _work


def make_collection(as_of: dt.datetime) -> Callable[[], Any]:
    """The tasks `collect` and `validate`: what lies in the inboxes is taken, judged and answered."""

    def _work() -> Any:
        p = Pass.begin(CYCLE, as_of)
        return [validate_agency(p, agency) for agency in collect_files(p).waiting]

    return _work


def make_decision(as_of: dt.datetime, version: int, *, is_approved: bool) -> Callable[[], Any]:
    """Sở Tài chính's answer about a version; after a yes the submission, UBND tỉnh's signature and the last release."""

    def _work() -> Any:
        p = Pass.begin(CYCLE, as_of)
        if not is_approved:
            return record_decision(p, version, Decision(False, "lanhdao", "Xin xem lại số liệu")).is_approved
        return publish(p, version)

    return _work


def make_operation(as_of: dt.datetime, action: str, numbers: Sequence[int]) -> Callable[[], Any]:
    """An operator deals with letters that are dead: `resend`, `redirect` or `withdraw`; what is over is left alone."""

    def _work() -> Any:
        p = Pass.begin(CYCLE, as_of)
        done = []
        for number in numbers:
            with suppress(LetterError):
                if action == "resend":
                    resend_letter(p, number, by=OPERATOR, reason=REASON)
                elif action == "redirect":
                    redirect_letter(p, number, OTHER_ADDRESS, by=OPERATOR, reason=REASON)
                else:
                    withdraw_letter(p, number, by=OPERATOR, reason=REASON)
                done.append(number)
        return done

    return _work


def make_command(arguments: Sequence[str]) -> Callable[[], Any]:
    """A command of the command line."""

    def _work() -> Any:
        from kybaocao.cli import main

        status = main(list(arguments))
        if status:
            raise RuntimeError(f"exit status {status}")
        return status

    return _work
