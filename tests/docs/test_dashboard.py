"""The Grafana dashboard and the handbook ask for metrics that are there, by their names and labels."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk._shared.observability.metrics.metrics_registry import YAML_REGISTRY_PATH

from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict
from kybaocao.store.database import Store
from kybaocao.watch.measures import Measure, Name, measure_cycles, measure_system
from tests.conftest import CYCLE, ROOT
from tests.store.conftest import postgres, store  # noqa: F401 - fixtures
from tests.store.moments import NOW

DASHBOARD = json.loads((ROOT / "docs" / "mau" / "grafana-ky-bao-cao.json").read_text(encoding="utf-8"))
HANDBOOK = (ROOT / "docs" / "van-hanh.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\b(airflow_\w+)(?:\{([^}]*)\})?")
_OF_TIMERS = ("_sum", "_count")  # what Prometheus has of a timer


def list_questions() -> list[str]:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*panels, *(one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query")]


def list_asked() -> list[tuple[str, set[str]]]:
    """(metric, labels that choose among its values)."""
    found = [match.groups() for text in list_questions() for match in METRIC.finditer(text)]
    return [(name, set(re.findall(r"(\w+)=", labels or ""))) for name, labels in found]


def spell(name: str) -> str:
    """As statsd_exporter hands it to Prometheus."""
    return f"airflow_{name.replace('.', '_')}"


@pytest.fixture
def measured(store: Store, plan: Plan, tmp_path: Path) -> list[Measure]:  # noqa: F811
    """What is really sent about an empty cycle."""
    with store.read() as connection:
        of_cycle = measure_cycles(connection, [CycleMoment(plan, plan.cycles[CYCLE], NOW)], NOW)
    return of_cycle + measure_system(tmp_path, is_store_up=True)


def test_every_metric_of_the_dashboard_is_sent_with_its_labels(measured: list[Measure]) -> None:
    """Ours by what is measured, Airflow's own by its registry."""
    registry: dict[str, Any] = yaml.safe_load(Path(YAML_REGISTRY_PATH).read_text(encoding="utf-8"))
    timers = {spell(one["name"]) for one in registry["metrics"] if one["type"] == "timer"}
    ours = {spell(one.name): set(one.labels) for one in measured}
    theirs = {f"{name}{end}": {"dag_id", "task_id"} for name in timers for end in _OF_TIMERS}
    known = ours | theirs
    asked = list_asked()
    assert len(asked) > 10
    assert [(name, labels) for name, labels in asked if not labels <= known.get(name, {"?"}) or name not in known] == []


def test_every_measure_is_on_the_dashboard() -> None:
    """What nobody looks at need not be measured."""
    assert {spell(name) for name in Name} <= {name for name, _ in list_asked()}


def test_words_in_the_dashboard_name_values_that_exist() -> None:
    """Verdicts and kinds of files."""
    said = " ".join(panel.get("description", "") for panel in DASHBOARD["panels"])
    assert all(f"{verdict.value}:" in said for verdict in Verdict)
    assert "form:" in said and "attachment:" in said


@pytest.mark.parametrize("name", Name)
def test_the_handbook_explains_every_measure(name: Name) -> None:
    assert f"| `{name}`" in HANDBOOK


def test_panels_do_not_overlap() -> None:
    """Grafana would move them."""
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
