"""A mail server that may do whatever mail servers do: refuse, postpone, hang up, say nothing, and accept in silence.

It runs in a process of its own and writes down each thing that happened before it answers.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import json
import logging
import os
import signal
import socket
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.faults.processes import die_with_parent

# What the server may do with the next message, after its last byte.
TAKE, HANG_UP_BEFORE, HANG_UP_AFTER = "take", "hang up before", "hang up after"
HOST = "127.0.0.1"


class MailServer:
    """The server as the season sees it: its port, its orders, what it wrote down."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._orders, self._journal = folder / "orders.json", folder / "journal.jsonl"
        self._number = 0
        self.order()
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, 0))
        listening.listen(100)
        self.port = int(listening.getsockname()[1])
        self._process = os.fork()
        if self._process == 0:
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            logging.getLogger("mail.log").setLevel(logging.CRITICAL)
            try:
                asyncio.run(_serve(listening, self._orders, self._journal))
            finally:
                os._exit(0)
        listening.close()

    def order(self, **orders: Any) -> None:
        """From now on: `greeting` (ok, none, busy, closed), `data` (what becomes of the next messages, in order),
        `recipients` (address -> answer, for good), `once` (address -> answer, the next time), `delay` in seconds."""
        self._number += 1
        beside = self._orders.with_suffix(".new")
        beside.write_text(json.dumps({"number": self._number, **orders}), encoding="utf-8")
        os.replace(beside, self._orders)

    def read(self) -> list[dict[str, Any]]:
        """Everything that happened, in order."""
        if not self._journal.exists():
            return []
        return [json.loads(line) for line in self._journal.read_text(encoding="utf-8").splitlines()]

    def forget(self, kept: int = 0) -> None:
        """A new season begins, or goes on from where the first `kept` things had happened."""
        if kept:
            lines = self._journal.read_text(encoding="utf-8").splitlines(keepends=True)
            self._journal.write_text("".join(lines[:kept]), encoding="utf-8")
        else:
            self._journal.unlink(missing_ok=True)
        self.order()

    def stop(self) -> None:
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


async def _serve(listening: socket.socket, orders: Path, journal: Path) -> None:
    mailbox = _Mailbox(orders, journal)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Session(mailbox), sock=listening)
    await server.serve_forever()


class _Mailbox:
    def __init__(self, orders: Path, journal: Path) -> None:
        self._orders, self._journal = orders, journal
        self._held: dict[str, Any] = {"number": 0}

    def read_orders(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._orders.read_text(encoding="utf-8"))
        if found["number"] != self._held["number"]:
            self._held = found
        return self._held

    def note(self, what: str, **facts: Any) -> None:
        line = json.dumps({"what": what, **facts}, ensure_ascii=False) + "\n"
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        orders = self.read_orders()
        self.note("offered", address=address)
        answer = orders.get("once", {}).pop(address, None) or orders.get("recipients", {}).get(address)
        if answer:
            self.note("recipient refused", address=address, answer=answer)
            return str(answer)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        orders = self.read_orders()
        await asyncio.sleep(orders.get("delay", 0))
        queue = orders.get("data", [])
        action = queue.pop(0) if queue else TAKE
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        facts = {
            "message_id": str(mail["Message-ID"]),
            "to": list(envelope.rcpt_tos),
            "subject": str(mail["Subject"]),
            "text": text,
            "content": hashlib.sha256(f"{mail['Subject']}{mail['To']}{text}".encode()).hexdigest(),
            "files": sorted(str(part.get_filename()) for part in mail.iter_attachments()),
        }
        if action == HANG_UP_BEFORE:
            self.note("hung up", **facts)
            server.transport.abort()
        elif action in (TAKE, HANG_UP_AFTER):
            self.note("taken", is_answered=action == TAKE, **facts)
            if action == HANG_UP_AFTER:
                server.transport.abort()
        else:
            self.note("message refused", answer=action, **facts)
            return str(action)
        return "250 OK"


class _Session(SMTP):  # type: ignore[misc]
    def __init__(self, mailbox: _Mailbox) -> None:
        self._mailbox = mailbox
        super().__init__(mailbox, hostname="thu.example.vn", enable_SMTPUTF8=True, timeout=30)

    async def _handle_client(self) -> None:
        greeting = self._mailbox.read_orders().get("greeting", "ok")
        if greeting == "ok":
            await super()._handle_client()
            return
        self._mailbox.note("not greeted", greeting=greeting)
        if greeting == "busy":
            await self.push("421 4.3.2 service not available")
        elif greeting == "none":
            await asyncio.sleep(1.5)
        self.transport.close()
