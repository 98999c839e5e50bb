"""The guides and their pictures (`make pictures`): each picture stands in a page, is small, and is said in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from kybaocao.adapters.console import list_views
from kybaocao.console.wording import load_catalogue
from kybaocao.vietnamese import strip_marks
from tests.docs.test_handbook import HANDBOOK, PAGES, read
from tests.pictures.album import ALBUM, ALL_LIMIT_BYTES, LIMIT_BYTES

PICTURES = sorted(ALBUM.iterdir())


class Shown(NamedTuple):
    """A picture where a page shows it; `words` are for whoever does not see it."""

    page: str
    words: str
    path: Path


def list_shown() -> list[Shown]:
    found = []
    for page in PAGES:
        marked = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", read(page))
        tagged = [(alt, source) for source, alt in re.findall(r'<img src="([^"]+)"[^>]*? alt="([^"]*)"', read(page))]
        found += [Shown(page.name, words, (page.parent / path).resolve()) for words, path in [*marked, *tagged]]
    return found


SHOWN = list_shown()


def test_every_picture_stands_in_a_page_and_every_page_finds_its_pictures() -> None:
    """None is left over, none is missing."""
    assert {one.path for one in SHOWN} == set(PICTURES)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: f"{one.page}-{one.path.stem}")
def test_a_picture_is_said_in_vietnamese(shown: Shown) -> None:
    """A sentence, with its marks."""
    assert len(shown.words.split()) >= 5
    assert strip_marks(shown.words) != shown.words


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_not_blank(picture: Path) -> None:
    """Whoever clones or reads over a slow line loads them all."""
    assert picture.stat().st_size < LIMIT_BYTES
    with Image.open(picture) as image:
        assert (image.format, image.width <= 1300) == ("PNG", True)
        colours = image.convert("RGB").getcolors(image.width * image.height)
    assert colours is not None
    assert max(count for count, _ in colours) < 0.97 * image.width * image.height


def test_all_pictures_together_are_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES) < ALL_LIMIT_BYTES


def list_labels() -> list[str]:
    """What the handbook's part about the console quotes of it."""
    part = read(HANDBOOK).split("### Câu hỏi nào, bấm vào đâu")[1].split("### Thư gửi tổ vận hành")[0]
    rows = "\n".join(line for line in part.splitlines() if line.startswith("|"))
    return sorted(set(re.findall(r"“([^”]+)”", rows)))


@pytest.mark.parametrize("label", list_labels())
def test_what_the_handbook_quotes_of_the_console_stands_there(label: str) -> None:
    """In the words of its pages; "…" stands for what they fill in."""
    said = {re.sub(r"\{\w+\}", "…", str(words["vi"])) for words in load_catalogue().values()}
    said |= {str(view["name"]) for view in list_views("")}
    said |= {one.removesuffix(" (…)") for one in said}
    assert label in said


def test_the_nine_questions_stand_in_the_handbook() -> None:
    """design/console.md, as many as the browser tests walk."""
    part = read(HANDBOOK).split("### Câu hỏi nào, bấm vào đâu")[1].split("\n\n")[2]
    assert len(part.splitlines()) - 2 == 9
