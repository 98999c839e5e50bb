"""Files of one agency as the console hands them out: what it handed in, the slip and the marked copy that answer it.

The bytes come from outside, and the folder with the answers belongs to the agency: links are not followed, and a
marked copy is handed out only while it is the one that was written.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePath

from kybaocao.console.scope import Scope
from kybaocao.files import open_folder
from kybaocao.home import REPLIES
from kybaocao.inbox.archive import archive_path
from kybaocao.inbox.shared_folders import open_plain
from kybaocao.inbox.submission import Submission, name_marked, name_slip
from kybaocao.plan.attachment_kinds import FORM
from kybaocao.store.submissions import list_drops

LARGEST_ANSWER = 64 * 2**20  # bytes


def find_original(scope: Scope, file: Submission) -> Path:
    """Where the bytes lie as they came in. Raises OSError when they are gone."""
    path = archive_path(scope.p.home.archive, file.sha256)
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def name_answers(file: Submission) -> tuple[str, str]:
    """(slip, marked copy) of a judged form; "" for what an attachment does not have."""
    if file.component != FORM or file.verdict is None:
        return "", ""
    return name_slip("tiep_nhan" if file.is_accepted else "tra_lai", file.version), name_marked(file.version)


def read_slip(scope: Scope, file: Submission) -> bytes:
    """The page that answers a form, as it lies in the agency's folder. Raises OSError."""
    return _read_answer(scope, file.agency, name_answers(file)[0])


def read_marked(scope: Scope, file: Submission) -> bytes:
    """The marked copy. Raises OSError when it is gone, or is not the one that was written."""
    name = name_answers(file)[1]
    with scope.p.store.read() as connection:
        written = list_drops(connection, scope.p.cycle.id, file.agency).get((file.agency, f"{REPLIES}/{name}"))
    data = _read_answer(scope, file.agency, name)
    if written is None or hashlib.sha256(data).hexdigest() != written[1]:
        raise OSError("not the copy that was written")
    return data


def _read_answer(scope: Scope, agency: str, name: str) -> bytes:
    """From the agency's folder, or from where answers wait that the folder did not take."""
    if not name:
        raise FileNotFoundError
    home, place = scope.p.home, PurePath(agency, scope.p.cycle.id, REPLIES)
    for root in (home.unwritten, home.shared):
        try:
            folder = open_folder(root, place.parts)
        except OSError:
            continue
        try:
            with open(open_plain(name, folder), "rb") as file:
                return file.read(LARGEST_ANSWER)
        except OSError:
            continue
        finally:
            os.close(folder)
    raise FileNotFoundError(name)
