"""Loaded once by every Airflow process: import what tasks need, so that forked tasks get it for free.

Task processes are forked from the executor's; an import made here costs a task nothing, while pandas alone
costs a second in each.  Nothing here may stop Airflow from starting.
"""

import gc
import importlib
import logging
import sys

# For the embedded SQLite: wait for a lock instead of failing after five seconds (environment of the
# embedded system names these; PostgreSQL never sees them).
SQLITE_CONNECT_ARGS = {"timeout": 120}

PRELOADED = (
    # what parsing the DAG file in a task imports
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.definitions.timetables.assets",
    "airflow.sdk.definitions.timetables.interval",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.hitl",
    "kybaocao.adapters.operator_letters",
    "kybaocao.adapters.approval",
    "kybaocao.adapters.inbox_trigger",
    "kybaocao.adapters.milestones",
    "kybaocao.adapters.tasks",
    # what the tasks themselves import
    "openpyxl",
    "pandas",
    "kybaocao.adapters.smtp",
    "kybaocao.stages.compile_report",
    "kybaocao.stages.deliver_mail",
    "kybaocao.stages.escalate",
    "kybaocao.stages.open_pass",
    "kybaocao.stages.publish_to_bo_tai_chinh",
    "kybaocao.stages.publish_to_so_tai_chinh",
    "kybaocao.stages.submit_to_ubnd_tinh",
    "kybaocao.stages.validate",
    "kybaocao.store.migrate",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
)


def _preload() -> None:
    if not any(word in sys.argv for word in ("scheduler", "worker", "standalone")):
        return  # the API server, the triggerer and the DAG processor stay light
    try:
        for name in PRELOADED:
            importlib.import_module(name)

        from kybaocao.findings import load_catalogue
        from kybaocao.mail.letters import compile_templates
        from kybaocao.plan.load import list_plan_folders, load_plan

        load_catalogue()
        compile_templates()
        for folder in list_plan_folders():
            load_plan(folder)
    except Exception:
        logging.getLogger(__name__).warning("preload failed; tasks will import for themselves", exc_info=True)
    gc.collect()
    gc.freeze()  # a collection in a task would otherwise copy every page it shares with this process


_preload()
