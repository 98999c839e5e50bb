"""The files of one version of the report, in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kybaocao.documents.model import ReportContent, hash_contents, read_content, read_outline
from kybaocao.figures.canonical_json import to_json
from kybaocao.files import hash_file, write_whole
from kybaocao.plan.report_document import Audience
from kybaocao.proof.manifest import FILE_NAME
from kybaocao.stages.support.passes import Pass

CONTENT_FILES = {Audience.PROVINCE: "noi-dung-trinh-ubnd-tinh.json", Audience.MINISTRY: "noi-dung.json"}
# In the folder of a version: what was submitted to UBND tỉnh, and what was published.
SUBMITTED_FOLDER, SIGNED_FOLDER = "trinh-ubnd-tinh", "phat-hanh"
_RECORDED = "da-ghi-nhan.txt"
_RECORDED_WORDS = "Hệ thống đã ghi nhận các tệp trong thư mục này và không ghi đè lên chúng.\n"
KINDS = (".pdf", ".docx", ".xlsx")  # in the order in which people want to read them


def store_contents(folder: Path, contents: Mapping[Audience, ReportContent]) -> list[Path]:
    """Write the content of every document; returns the files.

    Each is there whole or not at all: a folder with half of one would be taken for a report that nobody may touch.
    """
    return [
        write_whole(folder / CONTENT_FILES[audience], to_json(content).encode())
        for audience, content in contents.items()
    ]


def load_contents(folder: Path) -> dict[Audience, ReportContent]:
    """The content that each document of a version was written from. Raises OSError."""
    return {audience: read_content(text) for audience, text in read_texts(folder).items()}


def load_outlines(folder: Path) -> dict[Audience, ReportContent]:
    """The same without text, tables and annexes (`read_outline`). Raises OSError."""
    return {audience: read_outline(text) for audience, text in read_texts(folder).items()}


def load_approved(folder: Path, checksum: str) -> dict[Audience, ReportContent]:
    """The same; raises RuntimeError when it is not what was approved, and OSError."""
    texts = read_texts(folder)
    if hash_contents([text for _, text in sorted(texts.items())]) != checksum:
        raise RuntimeError(f"Nội dung phiên bản trong {folder} khác nội dung đã phê duyệt; không phát hành.")
    return {audience: read_content(text) for audience, text in texts.items()}


def list_waiting(contents: Mapping[Audience, ReportContent]) -> tuple[str, ...]:
    """Labels of the slots of any document that still wait for the coordinator's words."""
    return tuple(dict.fromkeys(label for content in contents.values() for label in content.waiting))


def read_texts(folder: Path) -> dict[Audience, str]:
    """The canonical JSON of each content; a version of one document, or compiled by an earlier system, has one."""
    ministry = (folder / CONTENT_FILES[Audience.MINISTRY]).read_text(encoding="utf-8")
    province = folder / CONTENT_FILES[Audience.PROVINCE]
    if not province.exists():
        return {Audience.MINISTRY: ministry}
    return {Audience.PROVINCE: province.read_text(encoding="utf-8"), Audience.MINISTRY: ministry}


def list_report_files(folder: Path) -> list[Path]:
    """The documents themselves, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in KINDS)


def link_files(folder: Path, link: str) -> list[str]:
    """Links (Markdown) to the documents of a version on the console, what people want to read first.

    `link` is the address of the folder there; nothing without it.
    """
    if not link:
        return []
    files = sorted(list_report_files(folder), key=lambda path: KINDS.index(path.suffix))
    return ["Xem: " + " · ".join(f"[{path.name}]({link}/{path.name})" for path in files), ""]


def list_kept_files(folder: Path) -> list[Path]:
    """The documents and everything they were made of, sorted by name; not the manifest, which lists them."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in (_RECORDED, FILE_NAME))


def mark_recorded(folder: Path) -> None:
    """Note in a folder that the store knows it: a store restored later may not, and must not write into it."""
    if not is_recorded(folder):
        write_whole(folder / _RECORDED, _RECORDED_WORDS.encode())


def find_new_folder(folder: Path, name: str) -> Path:
    """Where signed files go: beside those that went out before the store was restored from an older backup."""
    target, number = folder / name, 2
    while is_recorded(target):
        target, number = folder / f"{name}-{number}", number + 1
    return target


def is_recorded(folder: Path) -> bool:
    """Whether the files of a folder were recorded, and may have been sent to somebody."""
    return (folder / _RECORDED).exists()


def hash_files(paths: Iterable[Path]) -> dict[str, str]:
    """File name -> SHA-256."""
    return {path.name: hash_file(path) for path in paths}


def name_supplement(p: Pass) -> str:
    """The path of the coordinator's own words, relative to the data folder."""
    return str(p.home.supplement(p.cycle.id).relative_to(p.home.root))
