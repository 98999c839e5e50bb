"""The manifest of a release: its files with checksums, the rules and the code that made them, and the proof.

Canonical JSON beside the files of the release, so that anybody can compare it with what was received.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kybaocao.figures.canonical_json import to_json
from kybaocao.files import write_whole
from kybaocao.proof.comparison import Proof

FILE_NAME = "ban-ke-phat-hanh.json"
_CODE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Lifted:
    """Something that stood in the way of a release and that somebody has accepted."""

    code: str  # of the obstacle, `templates/release_gate.yaml`
    subject: str  # what it was about: targets, or the digest of a proof's differences; "" for the whole version
    by: str
    reason: str
    at: str  # the moment, ISO 8601


@dataclass(frozen=True)
class Manifest:
    """`files`: (name, SHA-256) of everything that was released; none when the proof held it back."""

    plan: str
    cycle: str
    version: int
    release: str
    as_of: str  # the moment of the pass, ISO 8601
    content_checksum: str
    snapshot_checksum: str
    form_edition: str
    configuration: str  # checksum of the plan's files, `plan.last_good.hash_files`
    code_version: str
    files: tuple[tuple[str, str], ...]
    proof: Proof
    lifted: tuple[Lifted, ...] = ()  # a manifest of before has none


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Raises OSError."""
    return write_whole(folder / FILE_NAME, to_json(manifest).encode())


def read_manifest(folder: Path) -> Manifest | None:
    """None where no release was proved, or by an edition of the system that wrote another manifest."""
    try:
        return _build_reader().validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None


@functools.cache
def _build_reader() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


@functools.cache
def compute_code_version() -> str:
    """One checksum for every module and template of this package, whichever way it was installed."""
    digest = hashlib.sha256()
    folders = (_CODE, _CODE.parent / "templates")
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix in (".py", ".yaml", ".j2", ".html"):
            digest.update(f"{path.relative_to(_CODE.parent)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
