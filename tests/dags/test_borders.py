"""The borders between Airflow and the domain: who may import what, and what parsing costs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CYCLE, ROOT

DOMAIN = ROOT / "include" / "kybaocao"
DAG_FILE = ROOT / "dags" / "reporting_cycles.py"
HEAVY = ("pandas", "numpy", "openpyxl", "matplotlib", "docx")


def imported(path: Path) -> set[str]:
    """Top-level modules a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def run_fresh(code: str, home: Path, **environment: str) -> str:
    """What a new interpreter prints, with Airflow's usual paths."""
    settings = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("include", "config")),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=settings | environment, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_domain_knows_nothing_of_airflow() -> None:
    """include/kybaocao imports airflow in adapters/ only, and runs and is tested without it."""
    files = [path for path in DOMAIN.rglob("*.py") if "adapters" not in path.relative_to(DOMAIN).parts]
    guilty = [(path.name, module) for path in files for module in imported(path) if module.split(".")[0] == "airflow"]
    assert files
    assert guilty == []


def test_only_entry_points_reach_for_the_adapters() -> None:
    """Stages and rules never import an adapter; the commands, the demonstration and the embedded system do."""
    entrances = {"cli", "embedded", "demo"}
    files = [path for path in DOMAIN.rglob("*.py") if path.relative_to(DOMAIN).parts[0] not in {*entrances, "adapters"}]
    guilty = [
        (path.name, module) for path in files for module in imported(path) if module.startswith("kybaocao.adapters")
    ]
    assert files
    assert guilty == []


def test_the_dag_file_is_a_table_of_contents() -> None:
    """At most 120 lines, one function that lays tasks out, no loop but over configured cycles, no I/O."""
    text = DAG_FILE.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert len(text.splitlines()) <= 120
    assert functions == ["build_cycle", "reporting_cycle"]
    assert called & {"open", "print", "eval", "exec"} == set()


def test_the_dag_file_imports_no_rules() -> None:
    """Airflow, its dates, and of ours the adapters and what says which cycles there are and where."""
    allowed = ("airflow.", "kybaocao.adapters", "pendulum", "kybaocao.home", "kybaocao.plan.load")
    assert [module for module in imported(DAG_FILE) if not module.startswith(allowed)] == []


def test_plugins_are_shells() -> None:
    """Each file in plugins/ is named *_plugin.py, at most 40 lines, and hides no module of Python's own."""
    files = list((ROOT / "plugins").glob("*.py"))
    assert files
    assert [path.name for path in files if not path.name.endswith("_plugin.py")] == []
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 40 for path in files)


@pytest.mark.parametrize("folder", ["plugins", "dags", "config", "include"])
def test_nothing_on_the_path_hides_a_module_of_python(folder: str) -> None:
    """Airflow puts these folders on sys.path: a calendar.py there would break every process."""
    names = {path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py" or path.is_dir()}
    assert names
    assert names & set(sys.stdlib_module_names) == set()


def test_parsing_loads_no_heavy_library(tmp_path: Path) -> None:
    """The DAG file is parsed every half minute: pandas, openpyxl and the like stay out of that process."""
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "dags")!r})
import reporting_cycles
print(*sorted(name for name in vars(reporting_cycles) if name.startswith("nq02")))
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""
    dags, heavy = run_fresh(code, tmp_path).splitlines()[-2:]
    assert dags.split() == ["nq02_2026_ky1", "nq02_2026_ky2"]
    assert heavy.split() == []


def test_the_plugin_registers_the_timetable(tmp_path: Path) -> None:
    """Airflow loads it without an error and can store and restore a whole DAG that uses it."""
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "dags")!r})
from airflow import plugins_manager
print(*plugins_manager.get_timetables_plugins(), plugins_manager.get_import_errors())
import reporting_cycles
from airflow.serialization.serialized_objects import DagSerialization
dag = DagSerialization.from_dict(DagSerialization.to_dict(reporting_cycles.nq02_2026_ky2))
print(dag.timetable.timetable.__class__.__name__, dag.timetable.timetable.cycle_id)
print(dag.task_dict.keys() == reporting_cycles.nq02_2026_ky2.task_dict.keys())
"""
    plugin, timetable, has_every_task = run_fresh(code, tmp_path).splitlines()[-3:]
    assert plugin == "kybaocao.adapters.milestones.MilestoneTimetable {}"
    assert (timetable, has_every_task) == (f"MilestoneTimetable {CYCLE}", "True")
