"""The floor: the cycle DAG's shape with tasks that do nothing. What it costs is Airflow's own price."""

import json
import os
from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException

ROW = "{{ task.op_kwargs['agency'] }}"


def open_pass(cycle, as_of):
    return {"cycle": cycle, "as_of": as_of, "is_replay": True, "forms_issued": 0, "warnings": []}


def collect(opened):
    return json.loads(Path(os.environ["KYBAOCAO_HOME"], "bench-agencies.json").read_text())


def validate(agency, opened):
    return {"accepted": 1, "returned": 0, "unreadable": 0}


def aggregate(opened, ti=None):
    ti.xcom_push(key="snapshot", value=1)
    return []


def deliver_mail(opened):
    return {"sent": 0, "refused": 0}


def compile_report(opened, snapshot):
    raise AirflowSkipException


def publish(opened, version):
    return {}


@dag(dag_id="floor", schedule=None, max_active_runs=16, params={"as_of": Param(None, type=["null", "string"])})
def floor():
    opened = task(open_pass)(cycle="floor", as_of="{{ params.as_of or '' }}")
    waiting = task(collect)(opened=opened)
    validated = task(validate, map_index_template=ROW).partial(opened=opened).expand(agency=waiting)
    judged = EmptyOperator(task_id="judged", trigger_rule="all_done")
    aggregated = task(aggregate, trigger_rule="none_failed")(opened=opened)
    escalated = (
        task(validate, task_id="escalate", map_index_template=ROW).partial(opened=opened).expand(agency=aggregated)
    )
    delivered = task(deliver_mail, trigger_rule="all_done")(opened=opened)
    version = task(compile_report)(opened=opened, snapshot=aggregated["snapshot"])
    first = task(publish, task_id="publish_to_so_tai_chinh")(opened=opened, version=version)
    approve = task(publish, task_id="approve")(opened=opened, version=first)
    submitted = task(publish, task_id="submit_to_ubnd_tinh")(opened=opened, version=approve)
    sign = task(publish, task_id="sign")(opened=opened, version=submitted)
    last = task(publish, task_id="publish_to_bo_tai_chinh")(opened=opened, version=sign)

    opened >> waiting >> validated >> judged >> aggregated >> escalated >> delivered
    waiting >> aggregated
    aggregated >> version >> first >> approve >> submitted >> sign >> last


floor()
