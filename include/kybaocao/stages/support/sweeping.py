"""Sweeping: temporary files that a killed pass has left behind are deleted, wherever the system writes.

Only names that `files.name_temporary` gives are looked at, and never one that a living process is writing.  `nop`
is left alone: we write nothing there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from kybaocao.documents.pdf import WORK_PREFIX
from kybaocao.files import ABANDONED_SECONDS, is_abandoned, is_alive, sweep_folder
from kybaocao.home import REPLIES
from kybaocao.inbox.archive import sweep_archive
from kybaocao.plan.last_good import ROOT as CONFIGURATIONS
from kybaocao.stages.support.passes import Pass


def sweep_temporaries(p: Pass) -> None:
    """Delete abandoned temporary files in the archive, in agencies' folders and in all folders of our own."""
    sweep_archive(p.home.archive)
    for agency in p.plan.expected:
        for names in ((agency.code, p.cycle.id), (agency.code, p.cycle.id, REPLIES)):
            sweep_folder(p.home.shared, names, is_shared=True)
    for root in (
        p.home.unwritten,
        p.home.reports,
        p.home.audit_head.parent,
        p.home.warning_record(p.cycle.id).parent,
        p.store.journal.folder,
        p.home.root / "mail",
    ):
        for folder, _, _ in os.walk(root):
            sweep_folder(Path(folder))
    _sweep_configurations(p.home.root / CONFIGURATIONS)
    _sweep_work_folders(Path(tempfile.gettempdir()))


def _sweep_configurations(root: Path) -> None:
    """Sets of configuration files that were copied only in part, and files of them."""
    for folder, below, _ in os.walk(root):
        sweep_folder(Path(folder))
        for name in below:
            path = Path(folder, name)
            with suppress(OSError):
                if is_abandoned(name, path.lstat().st_mtime):
                    shutil.rmtree(path, ignore_errors=True)


def _sweep_work_folders(root: Path) -> None:
    """Profiles of LibreOffice from a conversion that was killed; whose process lives is still converting."""
    for path in root.glob(f"{WORK_PREFIX}*"):
        pid = path.name.removeprefix(WORK_PREFIX).partition("-")[0]
        if pid.isdecimal() and is_alive(int(pid)):
            continue
        with suppress(OSError):
            info = path.lstat()
            if info.st_uid == os.getuid() and time.time() - info.st_mtime >= ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
