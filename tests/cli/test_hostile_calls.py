"""Whatever is typed, a command answers: in Vietnamese, in JSON where it is asked, and never with a traceback."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.cli import demo, doctor, down, main, up, watch
from kybaocao.cli.exit_status import ExitStatus
from kybaocao.cli.program import build_parser
from kybaocao.stages.support.passes import Pass
from tests.cli.hostile import list_calls, list_parsers

Capture = pytest.CaptureFixture[str]
PARSERS = list_parsers(build_parser())
ENGLISH = re.compile(
    r"usage:|error:|invalid|required|expected|unrecognized|Traceback|No such file|not a directory", re.IGNORECASE
)
ANSWERS = {ExitStatus.DONE, ExitStatus.NOT_SOUND, ExitStatus.UNREADABLE}
NO_ANSWER = {ExitStatus.WRONG_CALL, ExitStatus.SYSTEM_TROUBLE}
EXPECTED = ANSWERS | NO_ANSWER
STARTING = {one.NAME: one for one in (up, down, demo, watch, doctor)}


@pytest.fixture
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the words of these commands are looked at: they start other programs or look at the whole machine."""
    for command in STARTING.values():
        monkeypatch.setattr(command, "run", lambda _: ExitStatus.DONE)


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.usefixtures("_nothing_starts")
def test_a_call_with_something_wrong_is_answered_in_one_way(
    name: str, small: Callable[[str], Pass], tmp_path: Path, capsys: Capture
) -> None:
    """With `--json` by one JSON value and nothing else, without it in Vietnamese; the status is not a fault of ours."""
    for call in list_calls(name, PARSERS[name], tmp_path):
        status = main([call.command, "--json", *call.words])
        said = capsys.readouterr()
        assert (status in EXPECTED, said.err) == (True, ""), (str(call), said)
        if not status and name in STARTING:
            continue
        answer = json.loads(said.out)
        assert ("error" in answer) == (status in NO_ANSWER), (str(call), answer)
        assert status not in NO_ANSWER or not ENGLISH.search(answer["error"]), (str(call), answer)
        if status == ExitStatus.WRONG_CALL:
            assert main([call.command, *call.words]) == ExitStatus.WRONG_CALL, str(call)
            said = capsys.readouterr()
            assert (said.out, ENGLISH.search(said.err)) == ("", None) and said.err.strip(), (str(call), said)


@pytest.mark.parametrize("name", PARSERS)
def test_the_help_of_a_command_explains_every_argument(name: str, capsys: Capture) -> None:
    assert main([name, "--help"]) == ExitStatus.DONE
    said = capsys.readouterr().out
    assert ENGLISH.search(said) is None and "options" not in said
    assert [action.dest for action in PARSERS[name]._actions if not action.help] == []


@pytest.mark.parametrize("words", [[], ["khong-co"], ["--khong-co"], ["stat"], ["status", "check"]])
def test_words_that_name_no_command_are_answered_like_the_others(words: list[str], capsys: Capture) -> None:
    assert main(words) == ExitStatus.WRONG_CALL
    assert ENGLISH.search(capsys.readouterr().err) is None
    assert main([*words, "--json"]) == ExitStatus.WRONG_CALL
    assert json.loads(capsys.readouterr().out)["status"] == ExitStatus.WRONG_CALL


def test_an_option_is_typed_whole(capsys: Capture) -> None:
    """A new option of a later version must not change what an abbreviation meant."""
    assert main(["status", "--cyc", "nq02-2026-ky2"]) == ExitStatus.WRONG_CALL
    assert "--cyc" in capsys.readouterr().err


def test_every_status_stands_in_the_help_and_in_the_handbook(capsys: Capture) -> None:
    main(["--help"])
    said = capsys.readouterr().out
    handbook = (Path(__file__).parents[2] / "docs" / "van-hanh.md").read_text(encoding="utf-8")
    table = handbook.split("| Mã thoát | Nghĩa |")[1].split("\n\n")[0]
    for status in ExitStatus:
        assert re.search(rf"^  {status.value} +{re.escape(status.words[:20])}", said, re.MULTILINE), status
        assert re.search(rf"^\|[^|]*\b{status.value}\b[^|]*\|", table, re.MULTILINE), status
