"""Metrics by Airflow's own facility: StatsD, Datadog or OpenTelemetry, as `[metrics]` of its settings says.

They are off by default.  The watch sends what is measured (`watch.measures`) with each look, so that the values come
also while no pass runs.  How long each stage takes, Airflow sends itself: `task.duration`, with `dag_id` and `task_id`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from airflow.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

from kybaocao.home import Home
from kybaocao.plan.cycles import Cycle, Phase
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store, share_connections
from kybaocao.watch.measures import Measure, measure_cycles, measure_system

log = logging.getLogger(__name__)
_SWITCHES = ("statsd_datadog_enabled", "statsd_on", "otel_on")  # the first one that is on counts, as in Airflow


def is_on() -> bool:
    """Whether metrics go anywhere."""
    return any(conf.getboolean("metrics", switch) for switch in _SWITCHES)


class Metrics:
    """Sends the measures of an installation from this process; does nothing while metrics are off."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.is_on = is_on()
        if self.is_on:
            stats.initialize(factory=get_stats_factory(), export_legacy_names=False)

    def send(self, cycles: Sequence[Cycle], at: dt.datetime) -> None:
        """Measure, and send. Raises what the store raises, after having sent that it is not up."""
        if not self.is_on:
            return
        is_up = False
        try:
            measures = self._measure(cycles, at)
            is_up = True
            send_measures(measures)
        finally:
            send_measures(measure_system(self.home.root, is_store_up=is_up))

    def _measure(self, cycles: Sequence[Cycle], at: dt.datetime) -> list[Measure]:
        if not self.home.has_store:
            return []
        store = open_store(self.home)
        with share_connections():
            if not store.has_tables:
                return []
            passes = [Pass.begin(cycle.id, at, home=self.home) for cycle in cycles]
            begun = [p for p in passes if p.cycle.find_phase(p.local) is not Phase.UPCOMING]
            with store.read() as connection:
                return measure_cycles(connection, begun, at)


def send_measures(measures: Iterable[Measure]) -> None:
    """Each as a gauge.

    Plain StatsD has no labels: there they follow the name, or the cycles would overwrite each other's values.
    """
    is_plain = _is_plain()
    for one in measures:
        if is_plain:
            stats.gauge(".".join((one.name, *one.labels.values())), one.value)
        else:
            stats.gauge(str(one.name), one.value, tags=dict(one.labels))


def _is_plain() -> bool:
    if conf.getboolean("metrics", "statsd_datadog_enabled") or not conf.getboolean("metrics", "statsd_on"):
        return False
    return not conf.getboolean("metrics", "statsd_influxdb_enabled", fallback=False)
