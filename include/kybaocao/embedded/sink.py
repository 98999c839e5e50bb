"""A local mail server that keeps every message as one .eml file: the embedded default's mailbox.

    python -m kybaocao.embedded.sink --port 1025 --folder var/mail

A message that comes twice under the same Message-ID is one file, as it would be one mail for any reader.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import hashlib
import re
from pathlib import Path
from typing import Any

from aiosmtpd.controller import UnthreadedController

from kybaocao.files import write_whole

MAX_MESSAGE_BYTES = 50 * 2**20


class Mailbox:
    """aiosmtpd handler that writes .eml files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        keep_message(self.folder, envelope.content, envelope.rcpt_tos)
        return "250 OK"


def keep_message(folder: Path, content: bytes, recipients: list[str]) -> Path:
    """Write one message; its name starts with its kind and ends with its Message-ID."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    identity = str(message["Message-ID"] or hashlib.sha256(content).hexdigest())
    kind = re.sub(r"[^a-z0-9_]", "", str(message["X-Kybaocao-Kind"] or "thu")) or "thu"
    name = f"{kind}__{re.sub(r'[^A-Za-z0-9]', '', identity)[:40]}.eml"
    path = folder / name
    head = f"X-Envelope-To: {', '.join(recipients)}\r\n".encode()
    write_whole(path, head + content)
    return path


async def serve(folder: Path, port: int) -> None:
    controller = UnthreadedController(
        Mailbox(folder),
        hostname="127.0.0.1",
        port=port,
        loop=asyncio.get_running_loop(),
        data_size_limit=MAX_MESSAGE_BYTES,
        enable_SMTPUTF8=True,
    )
    await controller._create_server()  # the public begin() wants to run the loop itself
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=1025)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.folder, arguments.port))


if __name__ == "__main__":
    main()
