"""The same measures by OpenTelemetry: what really arrives at a collector on this machine."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from kybaocao.watch.measures import Name
from tests.conftest import CYCLE, ROOT

# In a process of its own: whoever has set up OpenTelemetry cannot set it up anew.
SEND = f"""
import datetime as dt
from kybaocao.adapters.metrics import Metrics
from kybaocao.home import Home
from kybaocao.plan.load import find_plan
from kybaocao.store.database import open_store
home = Home.from_environment()
open_store(home).upgrade()
cycle = find_plan("{CYCLE}").cycles["{CYCLE}"]
Metrics(home).send([cycle], dt.datetime(2026, 12, 1, tzinfo=dt.UTC))
from opentelemetry import metrics
metrics.get_meter_provider().force_flush()
"""


class Collector(ThreadingHTTPServer):
    """Takes what is exported by HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.bodies: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Request(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.shutdown()
    found.server_close()


def test_every_measure_arrives_with_its_labels(collector: Collector, tmp_path: Path) -> None:
    """Under the same names, so that one dashboard fits both."""
    settings = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "KYBAOCAO_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("include", "config")),
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    (tmp_path / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SEND], env=settings, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = {
        (metric.name, *(pair.value.string_value for pair in point.attributes)): point.as_double or point.as_int
        for body in collector.bodies
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.gauge.data_points
    }
    assert {f"airflow.{name}" for name in Name} <= {name for name, *_ in found}
    assert found["airflow.kybaocao.expected", CYCLE] == found["airflow.kybaocao.outstanding", CYCLE] > 80
    assert found["airflow.kybaocao.store.is_up",] == 1
