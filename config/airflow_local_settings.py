"""Loaded once by every Airflow process: import what tasks need, so that forked tasks get it for free.

Task processes are forked from the executor's; an import made here costs a task nothing, while pandas alone
costs a second in each.  Nothing here may stop Airflow from starting.
"""

import logging
import sys

# For the embedded SQLite: wait for a lock instead of failing after five seconds (environment of the
# embedded system names these; PostgreSQL never sees them).
SQLITE_CONNECT_ARGS = {"timeout": 120}


def _preload() -> None:
    if not any(word in sys.argv for word in ("scheduler", "worker", "standalone", "kybaocao-task")):
        return  # the API server, the triggerer and the DAG processor stay light
    try:

        import kybaocao.adapters.approval
        import kybaocao.adapters.inbox_trigger
        import kybaocao.adapters.milestones
        import kybaocao.adapters.smtp
        import kybaocao.adapters.tasks
        import kybaocao.stages.compilation
        import kybaocao.stages.escalation
        import kybaocao.stages.opening
        import kybaocao.stages.publication
        import kybaocao.stages.validation
        import kybaocao.stages.warning
        import kybaocao.store.migrate  # noqa: F401
        from kybaocao.findings import load_catalogue
        from kybaocao.mail.letters import compile_templates
        from kybaocao.plan.load import list_plan_folders, load_plan

        load_catalogue()
        compile_templates()
        for folder in list_plan_folders():
            load_plan(folder)
    except Exception:
        logging.getLogger(__name__).warning("preload failed; tasks will import for themselves", exc_info=True)


_preload()
