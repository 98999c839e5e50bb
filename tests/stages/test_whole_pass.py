"""A pass without Airflow: what fails for one agency is said at the end, after everybody else was served."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import kybaocao.adapters.smtp  # noqa: F401 - the first import of Airflow prints; not while output is read
from kybaocao.cli import main
from kybaocao.stages import whole_pass as run_module
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import PassError, run_pass
from kybaocao.store.passes import record_pass
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
FAILING, OTHER = "STP", "X-04183"


@pytest.fixture
def failing(small: Small, monkeypatch: pytest.MonkeyPatch) -> Small:
    """An open cycle with two files, one of which we fail at."""
    run_pass(small(OPENING))
    for agency in (FAILING, OTHER):
        drop(small(MIDDAY), agency)
    validate = run_module.validate_agency

    def _fail(p: Pass, agency: str) -> dict[str, int]:
        if agency == FAILING:
            raise ZeroDivisionError("lỗi thử")
        return validate(p, agency)

    monkeypatch.setattr(run_module, "validate_agency", _fail)
    return small


def test_our_fault_at_one_agency_keeps_nobody_else_waiting(failing: Small) -> None:
    """The other is answered and reminders go out; the one we owe an answer is not reminded of it."""
    p = failing(MIDDAY)
    with pytest.raises(PassError, match="STP: ZeroDivisionError: lỗi thử") as caught:
        run_pass(p)
    assert (caught.value.outcome["accepted"], list(caught.value.errors)) == (1, [FAILING])
    assert caught.value.outcome["steps_taken"] == 3
    with p.store.read() as connection:
        assert [one.verdict for one in list_submissions(connection, p.cycle.id, FAILING)] == [None]


def test_the_command_reports_it_and_exits_with_one(failing: Small, capsys: pytest.CaptureFixture[str]) -> None:
    """The outcome on one stream, the traceback on the other."""
    p = failing(MIDDAY)
    assert main(["pass", "--cycle", p.cycle.id, "--as-of", MIDDAY, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["errors"] == {FAILING: "lỗi thử"}
    assert "STP: lỗi của hệ thống" in said.err and "ZeroDivisionError" in said.err


def test_mail_without_a_connection_is_wrong_usage(
    small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one sentence, before anything is done."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    def _find(_: str) -> None:
        raise AirflowNotFoundException

    monkeypatch.setattr("kybaocao.adapters.smtp.OutboxHook.get_connection", _find)
    p = small(OPENING)
    assert main(["pass", "--cycle", p.cycle.id, "--as-of", OPENING, "--deliver"]) == 2
    said = capsys.readouterr()
    assert (said.err.count("\n"), "kybaocao_smtp" in said.err, said.out) == (1, True, "")
    assert not p.home.inbox(OTHER, p.cycle.id).exists()


def test_a_mail_server_that_is_down_is_reported(
    small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mail waits; the exit status says that it did not leave."""
    monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", '{"conn_type": "smtp", "host": "127.0.0.1", "port": 1}')
    p = small(OPENING)
    assert main(["pass", "--cycle", p.cycle.id, "--as-of", OPENING, "--deliver", "--json"]) == 1
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["mail_sent"] == 0 and "refused" in outcome["mail_error"]


def test_the_command_takes_no_moment_where_real_passes_have_run(
    small: Small, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A date weeks ahead would mark every reminder as sent; for a rehearsal there is another home."""
    monkeypatch.delenv("KYBAOCAO_REPLAY", raising=False)
    p = small(OPENING)
    with p.store.write() as connection:
        moments = {"as_of": p.as_of, "begun_at": p.as_of}
        record_pass(connection, p.cycle.id, run="moc", kind="scheduled", actor="Airflow", **moments)
    assert main(["pass", "--cycle", p.cycle.id, "--as-of", "2027-01-05T08:00"]) == 2
    assert "không nhận --as-of" in capsys.readouterr().err
    assert not p.home.inbox(OTHER, p.cycle.id).exists()
