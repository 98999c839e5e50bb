"""Airflow's public API, as much of it as an operator's script needs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from typing import Any

FINISHED = ("success", "failed")


class AirflowApi:
    """One user's session. Raises RuntimeError with the server's words when it refuses."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        answer = self._call("POST", "/auth/token", {"username": user, "password": password}, token=None)
        self._token: str = answer["access_token"]

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        self.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"dag_run_id": run, "logical_date": None, "conf": conf})

    def wait_for_dag(self, dag: str, timeout_seconds: float = 120) -> None:
        """Until the DAG processor has found the DAG; a paused one is switched on."""
        until = time.monotonic() + timeout_seconds
        while time.monotonic() < until:
            try:
                if self.call("GET", f"/api/v2/dags/{dag}")["is_paused"]:
                    self.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
                return
            except RuntimeError:
                time.sleep(0.5)
        raise RuntimeError(f"DAG {dag} has not appeared within {timeout_seconds:.0f} s")

    def list_paused(self) -> dict[str, bool]:
        """DAG -> whether it is paused, of all that the DAG processor has found."""
        return {dag["dag_id"]: dag["is_paused"] for dag in self.call("GET", "/api/v2/dags?limit=100")["dags"]}

    def wait_for_run(
        self, dag: str, run: str, *, may_wait_for_human: bool = False, timeout_seconds: float = 400
    ) -> str:
        """ "success", "failed", or "waiting" when the run has come to a decision."""
        until = time.monotonic() + timeout_seconds
        while time.monotonic() < until:
            state = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
            if state in FINISHED:
                return str(state)
            if may_wait_for_human and self.pending_approval(dag, run):
                return "waiting"
            time.sleep(0.4)
        raise RuntimeError(f"run {run} of {dag} did not end within {timeout_seconds:.0f} s")

    def pending_approval(self, dag: str, run: str) -> bool:
        """Whether the run asks a human now, for either decision, and nobody has answered."""
        asked = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/hitlDetails")["hitl_details"]
        return any(
            not one["response_received"] and one["task_instance"]["state"] in ("deferred", "awaiting_input")
            for one in asked
        )

    def find_question(self, dag: str) -> str:
        """The run of a DAG that asks a human now; "" when none does."""
        path = f"/api/v2/dags/{dag}/dagRuns/~/hitlDetails?response_received=false&limit=200"
        asked = [one["task_instance"] for one in self.call("GET", path)["hitl_details"]]
        return next((str(ti["dag_run_id"]) for ti in asked if ti["state"] in ("deferred", "awaiting_input")), "")

    def answer(self, dag: str, run: str, task: str, option: str, fields: dict[str, str]) -> None:
        """Answer a task that waits for a human."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/-1/hitlDetails"
        self.call("PATCH", path, {"chosen_options": [option], "params_input": fields})

    def task_state(self, dag: str, run: str, task: str) -> str:
        return str(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}")["state"])

    def list_tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=500"
        return list(self.call("GET", path)["task_instances"])

    def count_tasks(self, dag: str, run: str) -> Counter[str]:
        """task id -> how many of its instances ran to success."""
        return Counter(task["task_id"] for task in self.list_tasks(dag, run) if task["state"] == "success")

    def download(self, path: str, *, is_known: bool = True) -> bytes:
        """The bytes behind a path of the server, with our token or without. Raises RuntimeError when it refuses."""
        headers = {"Authorization": f"Bearer {self._token}"} if is_known else {}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"GET {path}: {error.code}") from None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(method, path, body, self._token)

    def _call(self, method: str, path: str, body: Any, token: str | None) -> Any:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        for attempt in range(5):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code < 500 or method != "GET":
                    raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
            except (urllib.error.URLError, OSError) as error:
                if attempt == 4 or method != "GET":
                    raise RuntimeError(f"{method} {path}: {error}") from None
            time.sleep(0.5 * (attempt + 1))
        raise RuntimeError(f"{method} {path}: the server keeps failing")
