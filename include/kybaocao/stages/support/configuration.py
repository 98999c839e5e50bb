"""Settling which configuration is in force: a set of files without a mistake is kept, a faulty one reported."""

from __future__ import annotations

from kybaocao.plan.last_good import (
    find_kept,
    hash_files,
    make_current,
    note_refused,
    place_set,
    read_files,
)
from kybaocao.plan.load import FILES, OPTIONAL, load_plan
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action


def settle_configuration(p: Pass) -> None:
    """Keep the plan's files if they are sound and new; once for each change, say in the audit what became of it."""
    with p.store.exclusive(f"configuration-{p.plan.folder.name}"):  # two would note, or place, the same set twice
        _settle(p)


def _settle(p: Pass) -> None:
    data, plan, faults = p.home.root, p.plan.folder.name, p.plan.list_faults()
    if note_refused(data, plan, faults) and faults:
        with p.store.write() as connection:
            record_action(connection, "configuration-refused", at=p.as_of, cycle=p.cycle.id, plan=plan, why=faults)
    if faults:
        return
    files = read_files(p.plan.folder, FILES + OPTIONAL)
    digest, kept = hash_files(files), find_kept(data, plan)
    if kept is not None and kept.folder.name == digest:
        return
    folder = place_set(data, plan, files)
    if load_plan(folder).problems:
        return  # a file changed since the plan was read; the next pass will see
    with p.store.write() as connection:
        record_action(connection, "configuration-in-force", at=p.as_of, cycle=p.cycle.id, plan=plan, sha256=digest)
    make_current(data, plan, folder, p.as_of)
