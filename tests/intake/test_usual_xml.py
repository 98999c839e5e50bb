"""The quick way and the careful way of reading an .xlsx see the same, whatever lies before them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from openpyxl import load_workbook

from kybaocao.intake import usual_xml
from kybaocao.intake.parsing import parse_book
from tests.intake.catalogue import valid_form
from tests.intake.mutations import KINDS, mutate
from tests.intake.test_defects import SAMPLES

SPLITS = ("split_cells", "split_strings", "split_styles")
MUTANTS = 120


@contextmanager
def _carefully(patch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch.context() as only_here:
        for name in SPLITS:
            only_here.setattr(usual_xml, name, lambda *_: None)
        yield


def _parse(data: bytes) -> object:
    try:
        return parse_book(data)
    except Exception as error:
        return type(error).__name__


def _is_agreed(data: bytes, patch: pytest.MonkeyPatch) -> bool:
    """The same book; what one of them refuses, the other refuses, or it lies where the quick way never looks."""
    quick = _parse(data)
    with _carefully(patch):
        careful = _parse(data)
    return quick == careful or (isinstance(careful, str) and not isinstance(quick, str))


def test_the_careful_way_reads_a_form_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two refusals would be alike, too: a form is read."""
    with _carefully(monkeypatch):
        careful = parse_book(valid_form())
    assert [name for name, *_ in careful] == load_workbook(io.BytesIO(valid_form())).sheetnames
    assert careful == parse_book(valid_form())


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "file_with_a_million_formats"])
def test_every_sample_is_read_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _is_agreed(SAMPLES[name].make(), monkeypatch)


@pytest.mark.parametrize("number", range(MUTANTS))
def test_every_mutant_is_read_alike(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(f"ways/{number}")
    assert _is_agreed(mutate(random, random.sample(KINDS, random.choice((1, 1, 2))), number).data, monkeypatch)


def test_usual_files_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, and the same with shared strings as Excel and openpyxl write them."""
    again = io.BytesIO()
    load_workbook(io.BytesIO(valid_form())).save(again)
    taken: list[bool] = []
    for name in SPLITS:
        split = getattr(usual_xml, name)
        monkeypatch.setattr(
            usual_xml, name, lambda xml, split=split: taken.append(split(xml) is not None) or split(xml)
        )
    parse_book(valid_form())
    parse_book(again.getvalue())
    assert len(taken) > 12 and all(taken)
