"""Where seasons are played: a folder in memory, the small plan, a warm process."""

from __future__ import annotations

import atexit
import gc
import logging
import multiprocessing.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.engines import Engines
from tests.faults.theatre import Theatre, warm_up
from tests.made_once import make_charts_once, make_forms_once
from tests.small_plan import write_small_plan

_MEMORY = Path("/dev/shm")


def open_theatre(server: str) -> Theatre:
    """Everything that seasons of this process share; cleared away when the process ends."""
    import kybaocao.documents.package  # noqa: F401 - whatever a pass imports late, imported once
    from kybaocao.documents import pdf

    pdf.find_converter = lambda: None  # the PDF has tests of its own
    logging.disable(logging.INFO)
    root = Path(tempfile.mkdtemp(prefix="kybaocao-faults-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    engines = Engines(server)
    theatre = Theatre(root, write_small_plan(root / "config", has_position_letter=True), engines)
    (root / "charts").mkdir()
    make_forms_once(pytest.MonkeyPatch())  # for good: this process ends with its seasons
    make_charts_once(pytest.MonkeyPatch(), root / "charts")
    owner = os.getpid()

    def _clear() -> None:
        if os.getpid() == owner:
            theatre.close()
            engines.close()
            shutil.rmtree(root, ignore_errors=True)

    atexit.register(_clear)
    multiprocessing.util.Finalize(None, _clear, exitpriority=1)  # a worker of a pool runs these instead
    warm_up(theatre, root / "warm")
    gc.collect()
    gc.freeze()  # what is loaded is shared with the processes forked from here
    return theatre
