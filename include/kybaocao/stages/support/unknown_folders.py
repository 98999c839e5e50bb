"""What lies in the shared folder and belongs to no agency or cycle, or cannot be used."""

from __future__ import annotations

import os
from contextlib import suppress

from kybaocao.inbox.shared_folders import is_junk, is_plain_folder, list_oddities, spell_name
from kybaocao.plan.load import list_plan_folders, plan_in_force
from kybaocao.stages.support.passes import Pass
from kybaocao.store.forms import list_ever_issued
from kybaocao.yaml_source import SourceError

NOT_REAL, NO_RIGHTS = "(không phải thư mục thật)", "(hệ thống không có quyền đọc, ghi)"


def list_unknown_folders(p: Pass) -> list[str]:
    """For the operators: unknown agencies, unknown cycles, folders without rights, things that are not files."""
    found: list[str] = []
    root = p.home.shared
    if not is_plain_folder(root):
        return []
    agencies, cycles = _list_known(p)
    for folder in sorted(root.iterdir()):
        if is_junk(folder.name):
            continue
        if folder.name not in agencies:
            found.append(f"{spell_name(folder.name)}/ (không có cơ quan này)")
            continue
        inbox, replies = p.home.inbox(folder.name, p.cycle.id), p.home.replies(folder.name, p.cycle.id)
        places = [place for place in (folder, inbox.parent, inbox, replies) if os.path.lexists(place)]
        if odd := next((place for place in places if not is_plain_folder(place)), None):
            found.append(f"{odd.relative_to(root)} {NOT_REAL}")
            continue
        if closed := next((place for place in places if not os.access(place, os.R_OK | os.W_OK | os.X_OK)), None):
            found.append(f"{closed.relative_to(root)} {NO_RIGHTS}")
            continue
        names = sorted(child.name for child in folder.iterdir() if not is_junk(child.name))
        found.extend(f"{folder.name}/{spell_name(name)} (không có kỳ này)" for name in names if name not in cycles)
        found.extend(f"{folder.name}/{p.cycle.id}/nop/{name} (không phải tệp)" for name in list_oddities(inbox))
    return found


def _list_known(p: Pass) -> tuple[set[str], set[str]]:
    """(agencies, cycles) that may have folders: of this plan, of the plans beside it, and all that ever got a form."""
    plans = [p.plan]
    for folder in list_plan_folders():
        with suppress(SourceError):  # a plan that cannot be read at all is reported by its own passes
            plans.append(plan_in_force(folder, p.home))
    with p.store.read() as connection:
        issued = list_ever_issued(connection)
    agencies = {agency.code for plan in plans for agency in plan.expected} | {agency for _, agency in issued}
    return agencies, {cycle for plan in plans for cycle in plan.cycles} | {cycle for cycle, _ in issued}
