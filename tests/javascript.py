"""JavaScript that tests use, got by npm as a package-lock.json pins it; outside the repository, under var."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def install_javascript(folder: Path, installed: Path) -> None:
    """What the package.json of `folder` asks for, put into `installed`, once for all processes.

    Raises CalledProcessError where npm cannot get it.
    """
    installed.mkdir(parents=True, exist_ok=True)
    lock = (folder / "package-lock.json").read_bytes()
    with (installed / "busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        done = installed / "installed"
        if done.exists() and done.read_bytes() == lock:
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, installed)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run(command, cwd=installed, check=True, capture_output=True, timeout=300)
        done.write_bytes(lock)
