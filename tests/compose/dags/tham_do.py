"""Probe, mounted only by the test: does a Celery worker reach the mail server, the store, the data folder, the triggerer?"""

import re
from datetime import timedelta

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, task

SECRET, IN_A_FILE = re.compile("PASSWORD|SECRET|FERNET"), re.compile("(_FILE|_CMD)$")


class WaitInTriggerer(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=1)), method_name="done")

    def done(self, context, event=None):
        return "back"


@dag(schedule=None, catchup=False, is_paused_upon_creation=False)
def tham_do():
    @task
    def probe(run_id: str | None = None) -> dict:
        import os
        import socket
        import sys
        import time
        from pathlib import Path

        preloaded = "pandas" in sys.modules

        from airflow.providers.smtp.hooks.smtp import SmtpHook
        from sqlalchemy import create_engine, text

        import kybaocao
        from kybaocao.home import Home

        with SmtpHook("kybaocao_smtp") as smtp:
            smtp.send_email_smtp(to="so.tai.chinh@example.vn", subject=f"Thăm dò {run_id}", html_content="<p>Rõ</p>")
        with create_engine(Home.from_environment().store_url).begin() as store:
            store.execute(text("INSERT INTO tham_do VALUES (:run_id)"), {"run_id": run_id})
        Path(os.environ["KYBAOCAO_HOME"], "shared", "thăm dò.txt").write_text(run_id)
        return {
            "host": socket.gethostname(),
            "uid": os.getuid(),
            "zone": time.tzname[0],
            "kybaocao": kybaocao.__file__,
            "preloaded": preloaded,
            "secrets_here": [name for name in os.environ if SECRET.search(name) and not IN_A_FILE.search(name)],
        }

    probe() >> WaitInTriggerer(task_id="wait")


tham_do()
