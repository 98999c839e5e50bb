"""What many tests need and do not test, made once in a process: plans, empty forms, charts, an empty store.

Each is what the product itself makes of the same files or data. How it makes them is tested in `tests/plan`,
`tests/form`, `tests/documents` and `tests/store`, which ask the product.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from kybaocao.documents.model import Chart
from kybaocao.form.layout import FormLayout
from kybaocao.form.workbook import Answers, render_form
from kybaocao.plan import load
from kybaocao.plan.last_good import hash_files, read_files
from kybaocao.plan.plan import Plan
from kybaocao.store.database import Store

_replace = os.replace  # the fault seasons count every call of `os.replace`


def make_plans_once(patch: pytest.MonkeyPatch) -> None:
    """A folder with the bytes of one that was read before is not read again: each test has a folder of its own."""
    read, known = load._load_cached.__wrapped__, dict[tuple[str, str], Plan]()

    @functools.lru_cache(maxsize=8)
    def _load(folder: Path, signature: load.Signature) -> Plan:
        key = (folder.name, hash_files(read_files(folder, load.FILES + load.OPTIONAL)))
        if key not in known:
            known[key] = read(folder, signature)
        return dataclasses.replace(known[key], folder=folder)

    patch.setattr(load, "_load_cached", _load)


def make_forms_once(patch: pytest.MonkeyPatch) -> None:
    """The opening of a cycle issues the same empty forms in nearly every test."""
    from kybaocao.stages.support import form_issuing

    render, known = form_issuing.render_form, dict[str, bytes]()

    def _render(layout: FormLayout, *, before: Mapping[str, str]) -> bytes:
        key = f"{layout!r} {before!r}"  # all of it: a test may have changed any part of the plan
        if key not in known:
            known[key] = render(layout, before=before)
        return known[key]

    patch.setattr(form_issuing, "render_form", _render)


class FilledForms:
    """Forms that were filled in before, for other installations: in one, each is a file of its own, as it really is."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._given: set[tuple[Path, str]] = set()

    def render(self, installation: Path, layout: FormLayout, answers: Answers) -> bytes:
        key = f"{layout!r} {answers!r}"
        if key not in self._known or (installation, key) in self._given:
            self._known[key] = render_form(layout, answers)
        self._given.add((installation, key))
        return self._known[key]


def make_charts_once(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Charts of the same figures; as files, for processes that are forked from this one."""
    from kybaocao.documents.report import document

    draw = document.draw_chart

    def _draw(chart: Chart) -> bytes:
        path = folder / f"{hashlib.sha256(repr(chart).encode()).hexdigest()}.png"
        if not path.exists():
            unfinished = path.with_suffix(f".{os.getpid()}")
            with unfinished.open("wb") as file:
                file.write(draw(chart))
            _replace(unfinished, path)
        return path.read_bytes()

    patch.setattr(document, "draw_chart", _draw)


def make_empty_store(path: Path) -> Path:
    """The file of a migrated store without a row, to be copied."""
    store = Store(f"sqlite:///{path}", path.parent / "locks")
    store.upgrade()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.engine.dispose()
    return path
