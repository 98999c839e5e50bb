"""Who may come in, and what only Airflow knows: the console asks, the system around it answers.

Airflow's own rights stand behind each guard (`adapters/console.py`); tests put others in their place.  A route without
a guard would be open to everybody, so a test looks at every route of the application.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Account:
    """Somebody who is logged in."""

    id: str
    name: str
    is_operator: bool  # may do what changes something


@dataclass(frozen=True)
class Guards:
    """Dependencies of FastAPI. Those for a cycle read `dag_id` from the path.

    `identify` returns the Account; the others only refuse: 401 without a login, 403 without the right.
    """

    identify: Callable[..., Account]
    see: Callable[..., Any]  # anything at all
    see_cycle: Callable[..., Any]  # the runs of this cycle
    act: Callable[..., Any]  # what operators do in this cycle
    decide: Callable[..., Any]  # answer a question of this cycle; whose question it is, Airflow says
    # The agency that a mapped row of a run works for, by cycle, run, task and number; "" for none.
    find_row_agency: Callable[[str, str, str, int], str] = lambda cycle, run, task, number: ""
