"""Every defective sample file, by name; `python -m tests.checks.samples DIR` writes them all to DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.checks import defects_in_cells, defects_in_the_form, defects_of_the_file
from tests.checks.catalogue import SAMPLES, Sample

__all__ = ["SAMPLES", "Sample", "defects_in_cells", "defects_in_the_form", "defects_of_the_file", "write_samples"]


def write_samples(folder: Path) -> list[Path]:
    """One file per defect, named by it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, sample in SAMPLES.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(sample.make())
        written.append(path)
    return written


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("python -m tests.checks.samples DIR")
    print(f"{len(write_samples(Path(sys.argv[1])))} files")
