"""A machine on which a file cannot be read: our fault, so nobody is blamed and the file is judged by a later pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.inbox import shared_folders
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.outbox import list_messages
from kybaocao.store.submissions import list_components
from kybaocao.workbook import sandbox
from kybaocao.workbook.confinement_degree import SETTING
from kybaocao.workbook.sandbox import BusyMachineError, UnconfinedReaderError
from tests.attachments.attachment_files import PDF
from tests.stages.conftest import MIDDAY, drop

AGENCY = "X-04183"


def _drop_form(p: Pass) -> Path:
    return drop(p, AGENCY, name="a.xlsx")


def _drop_signed_copy(p: Pass) -> Path:
    path = p.home.inbox(AGENCY, p.cycle.id) / "ban ky.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PDF)
    return path


def _list_verdicts(p: Pass) -> list[str | None]:
    with p.store.read() as connection:
        return [one.verdict for one in list_components(connection, p.cycle.id)]


@pytest.mark.parametrize("drop_file", [_drop_form, _drop_signed_copy])
def test_a_file_that_could_not_be_read_in_time_waits(
    small: Callable[[str], Pass], drop_file: Callable[[Pass], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Validation fails with an error of ours; no verdict, no letter; the next pass takes the file."""
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    p = small(MIDDAY)
    drop_file(p)
    assert collect_files(p).waiting == (AGENCY,)
    with monkeypatch.context() as busy:
        busy.setattr(sandbox, "PATIENCE", 0)
        with pytest.raises(BusyMachineError):
            validate_agency(p, AGENCY)
    with p.store.read() as connection:
        letters = list_messages(connection, p.cycle.id)
    assert (_list_verdicts(p), letters) == ([None], [])
    assert collect_files(p).waiting == (AGENCY,)
    validate_agency(p, AGENCY)
    assert _list_verdicts(p) == ["accepted"]


def test_a_file_that_must_not_be_read_without_confinement_waits(
    small: Callable[[str], Pass], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the kernel offers it, or the administrator does without."""
    monkeypatch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
    p = small(MIDDAY)
    _drop_form(p)
    assert collect_files(p).waiting == (AGENCY,)
    with monkeypatch.context() as strict:
        strict.setenv(SETTING, "1")
        no_landlock = "from kybaocao.workbook import confinement; confinement._forbid_files = lambda libc: 0; "
        strict.setattr(sandbox, "READ_BOOK", no_landlock + sandbox.READ_BOOK)
        with pytest.raises(UnconfinedReaderError):
            validate_agency(p, AGENCY)
    assert _list_verdicts(p) == [None]
    validate_agency(p, AGENCY)
    assert _list_verdicts(p) == ["accepted"]
