"""A real browser before the console: Debian's Chromium, and the console served on a port of this machine.

with serve_console() as address, open_browser() as browser:
    browser.new_page(extra_http_headers={"x-account": "vanhanh"}).goto(f"{address}/ky/nq02-2026-ky2")
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from kybaocao.console.app import build_app
from tests.console.conftest import GUARDS
from tests.javascript import ROOT, install_javascript

JAVASCRIPT = Path(__file__).resolve().parent / "javascript"
INSTALLED = ROOT / "var" / "console"


def find_missing(*needs: str) -> str:
    """Why a test cannot be made on this machine; "" when it can. `needs`: "chromium", "npm"."""
    names = {"chromium": "Chromium", "npm": "Node.js with npm"}
    return "; ".join(f"{names[one]} is not installed" for one in needs if not shutil.which(one))


def read_axe() -> str:
    """axe-core as one script. Raises CalledProcessError where npm cannot get it."""
    install_javascript(JAVASCRIPT, INSTALLED)
    return (INSTALLED / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serve_console() -> Iterator[str]:
    """The address under which the console of this environment answers."""
    around = FastAPI()
    around.mount("/kybaocao", build_app(GUARDS))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(around, log_level="error", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/kybaocao"
        finally:
            server.should_exit = True
            thread.join()
