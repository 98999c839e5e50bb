"""The pictures as they lie in docs/hinh: small, and each with a line that says it shows sample data."""

from __future__ import annotations

import io
import itertools
import shutil
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kybaocao import documents
from kybaocao.home import Home

ALBUM = Path(__file__).resolve().parents[2] / "docs" / "hinh"
LIMIT_BYTES = 150_000  # of one picture
ALL_LIMIT_BYTES = 2_500_000
_BAND, _BAND_HEIGHT = "DỮ LIỆU MẪU – KHÔNG SỬ DỤNG", 22
_FONT = Path(documents.__path__[0]) / "fonts" / "LiberationSerif-Bold.ttf"
_COLOURS = (256, 128, 64, 32)
_GAP, _MARGIN = 90, 16  # rows of pixels: where nothing follows any more on a sheet, what is left around it


def keep_words(name: str, words: str) -> None:
    """What a picture says, in var/pictures: two runs can be compared by it."""
    (_make_folder("chu") / f"{name}.txt").write_text(words, encoding="utf-8")


def keep_picture(name: str, png: bytes, *, is_cut: bool = False) -> None:
    """Write NAME.png with as many colours as the limit allows. Raises RuntimeError when none are few enough.

    `is_cut`: without the empty rest of the page, and what stands at its foot.
    """
    with Image.open(io.BytesIO(png)) as found:
        image = found.convert("RGB")
    image = _add_band(_cut(image) if is_cut else image)
    for colours in _COLOURS:
        small = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if small.tell() < LIMIT_BYTES:
            (_make_folder("hinh") / f"{name}.png").write_bytes(small.getvalue())
            print(f"  {name}: {image.width}x{image.height}, {small.tell() // 1000} kB, {colours} colours", flush=True)
            return
    raise RuntimeError(f"{name}: {image.width}x{image.height} has {small.tell()} bytes with {colours} colours")


def fill_album() -> None:
    """All pictures of this run, and no other, into docs/hinh."""
    shutil.rmtree(ALBUM, ignore_errors=True)
    shutil.copytree(_make_folder("hinh"), ALBUM)


def _make_folder(name: str) -> Path:
    folder = Home.from_environment().root / name
    folder.mkdir(exist_ok=True)
    return folder


def _cut(image: Image.Image) -> Image.Image:
    """From the first row that is not white to the last before a wide gap."""
    drawn = [
        image.crop((0, row, image.width, row + 1)).getextrema() != ((255, 255),) * 3 for row in range(image.height)
    ]
    rows = [row for row, is_drawn in enumerate(drawn) if is_drawn]
    last = next((above for above, below in itertools.pairwise(rows) if below - above > _GAP), rows[-1])
    return image.crop((0, max(rows[0] - _MARGIN, 0), image.width, min(last + _MARGIN, image.height)))


def _add_band(image: Image.Image) -> Image.Image:
    """Below the picture, where it hides nothing; pages of Airflow have no mark of their own."""
    banded = Image.new("RGB", (image.width, image.height + _BAND_HEIGHT), "#fff3cd")
    banded.paste(image, (0, 0))
    draw = ImageDraw.Draw(banded)
    draw.text((image.width / 2, image.height + 2), _BAND, "#7a4b00", ImageFont.truetype(_FONT, 15), anchor="ma")
    draw.rectangle((0, 0, banded.width - 1, banded.height - 1), outline="#c9ced6")
    return banded
