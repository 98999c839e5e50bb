"""The handbooks say what is there: commands, options, files of configuration, variables, tasks, states, folders."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kybaocao.cli.program import build_parser
from kybaocao.home import Home
from kybaocao.plan.load import FILES, OPTIONAL
from kybaocao.stages.support.delivery_problems import MAIL_STATES
from kybaocao.stages.support.status import REPORT_STATES
from kybaocao.store.notices import NoticeOutcome

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK, NEXT_YEAR = ROOT / "docs" / "van-hanh.md", ROOT / "docs" / "nam-sau.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = ROOT / "docs" / "mau"
CONFIG = ROOT / "include" / "config" / "nq02-2026"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
# Not for operators: what developers call, or what other commands and services call by themselves.
OWN_USE = {"store"}
CALL = re.compile(
    r"python -m kybaocao\s+(?P<plain>[^`\n]+)|ARGS=\"(?P<make>[^\n`]*?)\"|(?<![\w-])kbc\s+(?P<short>[^`\n]+)"
)
PLACEHOLDER = re.compile(r"…|\$@")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def list_commands() -> dict[str, argparse.ArgumentParser]:
    """Every command of the command line with its own parser."""
    actions = build_parser()._actions
    found = next(one for one in actions if isinstance(one, argparse._SubParsersAction))
    return dict(found.choices)


def list_calls(text: str) -> Iterator[list[str]]:
    """The words of every call of the command line in a page."""
    for match in CALL.finditer(text):
        line = next(part for part in match.groups() if part is not None).split(" #")[0]
        if not PLACEHOLDER.search(line.split()[0]):
            yield shlex.split(line.replace("`", ""))


def list_all_calls() -> list[tuple[str, list[str]]]:
    return [(path.name, call) for path in PAGES for call in list_calls(read(path))]


def name_case(value: str | list[str]) -> str:
    """What a failing test shows of a call."""
    return value if isinstance(value, str) else " ".join(value)[:60]


COMMANDS = list_commands()


@pytest.mark.parametrize(("page", "call"), list_all_calls(), ids=name_case)
def test_a_call_in_a_page_names_a_command_and_its_options(page: str, call: list[str]) -> None:
    """`kbc X …`, `python -m kybaocao X …` and `make cli ARGS="X …"` can be typed as they stand."""
    if call == ["--help"]:
        return
    command = COMMANDS[call[0]]
    known = {option for action in command._actions for option in action.option_strings}
    assert {word for word in call[1:] if word.startswith("--")} <= known


@pytest.mark.parametrize(
    ("page", "call"),
    [one for one in list_all_calls() if len(one[1]) > 1 and one[1] != ["--help"] and "--help" not in one[1]],
    ids=name_case,
)
def test_a_call_with_its_arguments_is_complete(page: str, call: list[str]) -> None:
    """Nothing that the command asks for is left out."""
    try:
        build_parser().parse_args(call)
    except SystemExit:
        pytest.fail(f"{page}: {' '.join(call)}")


def test_some_calls_are_found() -> None:
    """In each page, and in each of the three ways."""
    found = {page for page, _ in list_all_calls()}
    assert found >= {"README.md", "van-hanh.md", "nam-sau.md"}
    assert sum(len(list(list_calls(read(path)))) for path in (HANDBOOK, NEXT_YEAR)) > 40


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - OWN_USE))
def test_the_handbook_explains_every_command(name: str) -> None:
    """Somewhere, in code."""
    assert re.search(rf"`(kbc |make )?{name}\b|(kbc|make) {name}\b|ARGS=\"{name}\b", read(HANDBOOK))


def _list_links(path: Path) -> list[str]:
    return re.findall(r"\]\(([^)#]+)\)", read(path))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_link_leads_to_a_file(path: Path) -> None:
    """Relative to the page it stands on."""
    assert [link for link in _list_links(path) if "://" not in link and not (path.parent / link).exists()] == []


def _list_config_names(text: str) -> set[str]:
    return {name for name in re.findall(r"`([a-z_]+\.(?:yaml|csv))`", text) if not name.startswith("docker")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_file_of_configuration_that_is_named_exists(path: Path) -> None:
    """In the plan that is delivered, or as a file that a plan may have; findings.yaml is a template."""
    assert _list_config_names(read(path)) - {"findings.yaml"} <= {*OPTIONAL, *(one.name for one in CONFIG.iterdir())}


@pytest.mark.parametrize("name", sorted({one.name for one in CONFIG.iterdir()} | set(FILES) | set(OPTIONAL)))
def test_next_year_goes_through_every_file_of_the_plan(name: str) -> None:
    """Each has its row in the table of files."""
    assert re.search(rf"^\| `{re.escape(name)}` \|", read(NEXT_YEAR), re.MULTILINE)


@pytest.mark.parametrize("name", sorted({one.name for one in CONFIG.iterdir()}))
def test_the_handbook_names_every_file_of_the_plan(name: str) -> None:
    """Whoever sets the system up has heard of each."""
    assert f"`{name}`" in read(HANDBOOK)


def _list_variables() -> list[str]:
    return re.findall(r"^([A-Z_]+)=", read(ROOT / ".env.example"), re.MULTILINE)


@pytest.mark.parametrize("name", _list_variables())
def test_the_handbook_names_every_variable_of_the_environment_file(name: str) -> None:
    """In the table of .env."""
    assert re.search(rf"^\|[^|]*`{name}`[^|]*\|", read(HANDBOOK), re.MULTILINE)


def _list_tasks() -> dict[str, str]:
    """Task id -> what the grid calls it, from the file of the DAG."""
    found = {}
    for node in ast.walk(ast.parse(read(ROOT / "dags" / "reporting_cycles.py"))):
        given = {one.arg: one.value for one in node.keywords} if isinstance(node, ast.Call) else {}
        if isinstance(node, ast.Call) and isinstance(name := given.get("task_display_name"), ast.Constant):
            task_id = given.get("task_id")
            task = task_id.value if isinstance(task_id, ast.Constant) else ast.unparse(node.args[0]).split(".")[1]
            found[str(task)] = str(name.value)
    return found


@pytest.mark.parametrize(("task", "name"), _list_tasks().items())
def test_the_handbook_explains_every_task(task: str, name: str) -> None:
    """A row of its own in the table of tasks, called as in the grid."""
    assert f"\n| {name} (`{task}`) |" in read(HANDBOOK)


def test_the_table_names_only_tasks_of_the_grid() -> None:
    """A task that is gone loses its row."""
    section = "(`open_pass`) |" + read(HANDBOOK).split("(`open_pass`) |")[1].split("\n\n")[0]
    assert set(re.findall(r"\(`(\w+)`\) \|", section)) == set(_list_tasks())


@pytest.mark.parametrize("words", sorted({*MAIL_STATES.values(), REPORT_STATES["releasing"]}))
def test_the_handbook_knows_the_states_of_letters(words: str) -> None:
    """In the words of `status` and `letters`."""
    assert words in read(HANDBOOK)


@pytest.mark.parametrize(
    "outcome", [NoticeOutcome.DEAD, NoticeOutcome.FAILED, NoticeOutcome.DELAYED, NoticeOutcome.FOREIGN]
)
def test_the_handbook_explains_what_becomes_of_a_notice(outcome: str) -> None:
    """A row each."""
    assert f"| `{outcome}` |" in read(HANDBOOK)


@pytest.mark.parametrize("service", sorted(set(COMPOSE["services"]) - {"init", "redis", "mailpit"}))
def test_the_handbook_names_every_service(service: str) -> None:
    """Whoever restarts one finds its name."""
    assert re.search(rf"`{service}`|(restart|logs --tail 100|exec|exec -T|--wait) {service}\b", read(HANDBOOK))


@pytest.mark.parametrize("attribute", ["shared", "archive", "reports", "returned_mail", "unwritten"])
def test_the_handbook_names_the_data_folders(attribute: str) -> None:
    """As they are called on disk."""
    assert f"`{getattr(Home(Path('/data')), attribute).name}/" in read(HANDBOOK)


def test_sections_that_are_referred_to_exist() -> None:
    """ "phần 7", "mục 1.13" of the handbook."""
    text = read(HANDBOOK)
    parts = set(re.findall(r"^## (\d+)\.", text, re.MULTILINE))
    steps = set(re.findall(r"^### ☐ (1\.\d+) ", text, re.MULTILINE))
    assert set(re.findall(r"[Pp]hần (\d+)", text + read(NEXT_YEAR))) <= parts
    assert set(re.findall(r"\b1\.\d\d?\b(?![.\d])", text + read(NEXT_YEAR))) <= steps


def test_the_handbook_names_the_examples_and_the_recipes_of_the_shares() -> None:
    """Each example, and each file that `make-shares` writes, with the name under which agencies find their folder."""
    text = read(HANDBOOK)
    assert {f"docs/mau/{one.name}" for one in EXAMPLES.iterdir()} <= set(re.findall(r"docs/mau/[\w.-]+", text))
    recipes = {one.name.removesuffix(".j2") for one in (ROOT / "include" / "templates" / "shares").glob("*[!l].j2")}
    assert {name for name in recipes if f"`{name}`" not in text} == set()
    assert r"\\máy-chủ\bao-cao" in text
