"""The example of a proxy, run by nginx as it stands: passwords are tried at most so often, everything else passes."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kybaocao.embedded.system import find_free_port

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "mau" / "nginx-ky-bao-cao.conf"
# Around the example: nothing outside of a folder of its own, one process.
FRAME = """
daemon off; master_process off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    include {root}/example.conf;
}}
"""


class Wrong(BaseHTTPRequestHandler):
    """An Airflow that knows no password, and shows every page."""

    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        self._answer(401)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """The address of the example in front of such an Airflow."""
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("nginx and openssl are not installed")
    tmp_path.chmod(0o755)
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Wrong)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    port, key, certificate = find_free_port(), tmp_path / "khoa.pem", tmp_path / "chung-thu.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    subprocess.run(["openssl", *request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = EXAMPLE.read_text(encoding="utf-8")
    for pattern, value in (
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r"127\.0\.0\.1:8080", f"127.0.0.1:{behind.server_address[1]}"),
        (r"/etc/ssl/ky-bao-cao/", f"{tmp_path}/"),
    ):
        text, count = re.subn(pattern, value, text)
        assert count, f"the example no longer says {pattern}"
    (tmp_path / "example.conf").write_text(text, encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(FRAME.format(root=tmp_path))
    process = subprocess.Popen(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    try:
        _wait_for(port, process)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        behind.shutdown()
        behind.server_close()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "nginx refuses the example"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not answer")


def ask(address: str, path: str, data: bytes | None = None) -> int:
    """The status of the answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(address + path, data=data, context=context, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_passwords_cannot_be_tried_one_after_the_other(proxy: str) -> None:
    """By the page of Airflow or by its interface for programs: both count together."""
    ways = ("/auth/token", "/auth/token/cli")
    statuses = Counter(ask(proxy, ways[number % 2], b"{}") for number in range(20))
    assert statuses[401] <= 7, "twenty passwords in a moment were handed on"
    assert (statuses[401] >= 5, statuses[429] >= 13, set(statuses)) == (True, True, {401, 429})


def test_pages_and_answers_of_people_pass(proxy: str) -> None:
    """Also while passwords are refused."""
    for _ in range(8):
        ask(proxy, "/auth/token", b"{}")
    pages = {ask(proxy, path) for path in ("/auth/login", "/", "/kybaocao", "/api/v2/version") for _ in range(8)}
    decisions = {ask(proxy, "/api/v2/dags/k/dagRuns", b"{}") for _ in range(8)}
    assert (pages, decisions) == ({200}, {401})
