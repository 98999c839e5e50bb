"""The floor: the cycle DAG's shape with tasks that do nothing. What it costs is Airflow's own price."""

import json
import os
from pathlib import Path

from airflow.sdk import dag, task


def nothing():
    return {}


def agencies():
    return json.loads(Path(os.environ["KYBAOCAO_HOME"], "bench-agencies.json").read_text())


def validate(agency):
    return {}


def empty():
    return []


@dag(dag_id="floor", schedule=None, max_active_runs=1)
def floor():
    opened = task(nothing, task_id="open_pass")()
    waiting = task(agencies, task_id="collect")()
    validated = (
        task(validate, task_id="validate", map_index_template="{{ task.op_kwargs['agency'] }}")
        .expand(agency=waiting)
    )
    aggregated = task(empty, task_id="aggregate", trigger_rule="none_failed")()
    escalated = task(validate, task_id="escalate").expand(agency=aggregated)
    delivered = task(nothing, task_id="deliver_mail", trigger_rule="all_done")()
    compiled = task(nothing, task_id="compile_report")()

    opened >> waiting >> validated >> aggregated >> escalated >> delivered
    aggregated >> compiled


floor()
