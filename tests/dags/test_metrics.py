"""Metrics leave by Airflow's own facility: what really arrives at a StatsD server on this machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk._shared.observability.metrics.stats import _get_backend
from airflow.sdk._shared.observability.metrics.statsd_logger import SafeStatsdLogger
from airflow.sdk.observability import stats

from kybaocao.adapters.metrics import Metrics
from kybaocao.adapters.pass_watch import PassWatch
from kybaocao.home import Home
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.watch.measures import Name
from tests.conftest import CYCLE
from tests.stages.conftest import MIDDAY, drop, use_small_plan
from tests.statsd_listener import Listener

FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A StatsD server, to which Airflow's settings point."""
    with Listener() as found:
        for name, value in found.settings().items():
            monkeypatch.setenv(name, value)
        yield found
    sender = _get_backend()
    if isinstance(sender, SafeStatsdLogger):
        sender.statsd.close()
    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


@pytest.fixture
def passed(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """A pass that has judged two of three files: one accepted, one sent back, one that is left."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    p = use_small_plan(tmp_path, home, monkeypatch)(MIDDAY)
    run_pass(p)
    drop(p, "STC")
    drop(p, "X-04183", **FAULTY)
    run_pass(p)
    return p


def send(p: Pass) -> None:
    Metrics(p.home).send([p.cycle], p.as_of + dt.timedelta(hours=1))


def test_what_a_pass_did_arrives_as_gauges_with_their_cycle(listener: Listener, passed: Pass) -> None:
    send(passed)
    found = listener.read(lambda lines: any(Name.DISK_FREE in line for line in lines))
    assert f"airflow.kybaocao.outstanding,cycle={CYCLE}:4|g" in found
    assert f"airflow.kybaocao.arrivals,cycle={CYCLE},kind=form:2|g" in found
    assert f"airflow.kybaocao.verdicts,cycle={CYCLE},kind=form,verdict=accepted:1|g" in found
    assert f"airflow.kybaocao.verdicts,cycle={CYCLE},kind=form,verdict=returned:1|g" in found
    assert f"airflow.kybaocao.mail.oldest_seconds,cycle={CYCLE}:3600.0|g" in found
    assert "airflow.kybaocao.store.is_up:1|g" in found


def test_plain_statsd_has_the_cycle_in_the_name(
    listener: Listener, passed: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without labels the cycles would overwrite each other's values."""
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", "False")
    send(passed)
    found = listener.read(lambda lines: any(Name.DISK_FREE in line for line in lines))
    assert f"airflow.kybaocao.verdicts.{CYCLE}.form.accepted:1|g" in found


def test_a_store_out_of_reach_is_a_measure(listener: Listener, passed: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """The alarm hangs on a value that comes, not on one that stays away."""
    monkeypatch.setenv("KYBAOCAO_DB_URL", "postgresql+psycopg2://a:b@127.0.0.1:1/k")
    with pytest.raises(Exception, match="refused"):
        send(passed)
    assert "airflow.kybaocao.store.is_up:0|g" in listener.read(
        lambda lines: any(Name.DISK_FREE in line for line in lines)
    )


def test_nothing_is_measured_while_metrics_are_off(passed: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow has them by default."""
    monkeypatch.setattr(Metrics, "_measure", _fail)
    send(passed)


def _fail(*_: object) -> None:
    raise AssertionError("the store was asked")


def test_the_watch_sends_with_every_look(listener: Listener, passed: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when looking at Airflow fails: its database is not ours."""

    def _stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kybaocao.adapters.pass_watch.read_situations", _fail)
    with pytest.raises(KeyboardInterrupt):
        PassWatch(passed.home, dt.timedelta(minutes=30)).run(_stop)
    assert "airflow.kybaocao.store.is_up:1|g" in listener.read(
        lambda lines: any(Name.DISK_FREE in line for line in lines)
    )
