"""The rooms of include/kybaocao: the README's map, and the arrows between them."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "include" / "kybaocao"
MAX_LINES = 400
README = (ROOT / "README.md").read_text(encoding="utf-8")
OUTSIDE = {"__init__", "__main__"}  # what is run, not imported


class Import(NamedTuple):
    """One import of a module of ours, wherever it stands: at the top, in a function, for types only."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        path = f"include/kybaocao/{self.importer.replace('.', '/')}"
        return f"{path}:{self.line} imports {self.imported}"


def list_modules() -> dict[str, Path]:
    """ "plan.load" -> its file; a package stands under its own name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


MODULES = list_modules()


def list_imports(module: str, text: str) -> Iterator[Import]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            names = [full if _find(full := f"{source}.{alias.name}") else source for alias in node.names]
        else:
            continue
        for name in names:
            found = _find(name)
            if found and found != module:
                yield Import(module, found, node.lineno)


def _find(name: str) -> str:
    short = name.removeprefix("kybaocao.")
    return short if name.startswith("kybaocao.") and short in MODULES else ""


IMPORTS = [one for module, path in MODULES.items() for one in list_imports(module, path.read_text(encoding="utf-8"))]


def name_room(module: str) -> str:
    return module.split(".")[0]


def list_rooms() -> list[str]:
    """The rooms of the README's second table, in its order; modules of the ground one by one."""
    table = README.split("a room imports only rooms that stand above it")[1].split("\n\n")[1]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [name.removesuffix(".py").removesuffix("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_map_names_every_room_and_every_name_is_a_room() -> None:
    """Folders and loose modules of include/kybaocao."""
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or any(path.glob("*.py"))}
    assert sorted(list_rooms()) == sorted(there - OUTSIDE)


def test_the_map_names_every_folder_of_the_repository() -> None:
    """Of the first table; a folder that is hidden or made by a run is none of ours."""
    table = README.split("## Map of rooms")[1].split("\n\n")[1]
    named = {name.split("/")[0] for name in re.findall(r"^\| `([^`]+)/`", table, re.MULTILINE)}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*"))}
    assert named == {name for name in folders if not name.startswith((".", "_"))} - {"var"}


def test_tests_stand_in_the_rooms_they_test() -> None:
    """A folder of tests is a room, a folder of the repository, or one of those that try the whole."""
    whole = {"airflow", "bench", "compose", "config", "faults", "earlier", "interchange", "pictures"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders - whole <= {*list_rooms(), "dags", "docs"}


def test_a_room_imports_only_rooms_above_it() -> None:
    """In the order of the map; each offending line is named."""
    rank = {room: number for number, room in enumerate(list_rooms())}
    upward = [one for one in IMPORTS if name_room(one.importer) not in OUTSIDE]
    upward = [one for one in upward if rank[name_room(one.imported)] > rank[name_room(one.importer)]]
    assert [str(one) for one in upward] == []


def test_no_modules_import_each_other() -> None:
    """No circle, not even one that is closed inside a function or for types only."""
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for one in IMPORTS:
        graph[one.importer].add(one.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        pairs = set(zip(circle[1:], circle, strict=False)) | set(itertools.pairwise(circle))
        pytest.fail("; ".join(str(one) for one in IMPORTS if (one.importer, one.imported) in pairs))


def test_shared_parts_of_the_stages_know_no_task() -> None:
    """stages/support/ stands below the tasks."""
    guilty = [
        one
        for one in IMPORTS
        if one.importer.startswith("stages.support.")
        and name_room(one.imported) == "stages"
        and not one.imported.startswith("stages.support")
    ]
    assert [str(one) for one in guilty] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import kybaocao.plan.load", "plan.load"),
        ("from kybaocao.plan import load", "plan.load"),
        ("def f():\n    from kybaocao.plan.load import load_plan", "plan.load"),
        ("if TYPE_CHECKING:\n    from kybaocao.plan.load import load_plan", "plan.load"),
    ],
    ids=["module", "from its package", "lazy", "typing"],
)
def test_every_kind_of_import_is_seen(text: str, found: str) -> None:
    """Otherwise the tests above would look away."""
    assert [one.imported for one in list_imports("files", text)] == [found]


def test_no_module_is_long() -> None:
    """Whoever opens one can read it at a sitting."""
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > MAX_LINES} == {}
