"""Where a warning about a plan stands, and how it names agencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kybaocao.plan.agencies import Agency
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.yaml_source import Problem

SHOWN = 5  # agencies named in one warning


def describe_path(path: Iterable[str | int]) -> str:
    """The field of a path as officials count, from one: ("bac", 0, "mau") is "bac.1.mau"."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)


def at_header(plan: Plan, field: str, message: str, *path: str) -> Problem:
    return Problem("ke_hoach.yaml", plan.source_lines.find_line(plan.header, *(path or (field,))), field, message)


def at_cycle(plan: Plan, cycle: Cycle, field: str, message: str) -> Problem:
    return Problem(
        "ky_bao_cao.yaml", plan.source_lines.find_line(cycle, field), field, f"kỳ {cycle.id}: {message}", cycle.id
    )


def at_recipients(plan: Plan, message: str, *path: str | int) -> Problem:
    field = describe_path(path)
    return Problem("nguoi_nhan.yaml", plan.source_lines.find_line(plan.recipients, *path), field, message)


def name_agencies(agencies: Iterable[Agency]) -> str:
    return name_codes([agency.code for agency in agencies])


def name_codes(codes: Sequence[str]) -> str:
    more = f" và {len(codes) - SHOWN} cơ quan khác" if len(codes) > SHOWN else ""
    return f"{len(codes)} cơ quan ({', '.join(codes[:SHOWN])}{more})"
