#!/usr/bin/env python3
"""A stand-in for Mailpit: keeps every mail it is given and shows them over HTTP. Nothing is ever sent on."""

import json
import sys
import urllib.request
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

MAILS = []


class Catch:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain", "html"))
        MAILS.append(
            {
                "ID": str(len(MAILS) + 1),
                "MessageID": str(mail["message-id"] or "").strip("<>"),
                "From": {"Address": envelope.mail_from},
                "To": [{"Address": address} for address in envelope.rcpt_tos],
                "Subject": str(mail["subject"] or ""),
                "Text": text.get_content() if text else "",
                "Attachments": [{"FileName": part.get_filename()} for part in mail.iter_attachments()],
            }
        )
        return "250 OK"


class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        mail_id = path.removeprefix("/api/v1/message/")
        if path in ("/livez", "/readyz"):
            return self.answer({"ok": True})
        if path == "/api/v1/messages":
            return self.answer({"total": len(MAILS), "messages": MAILS[::-1]})
        if mail_id.isdigit() and 0 < int(mail_id) <= len(MAILS):
            return self.answer(MAILS[int(mail_id) - 1])
        return self.send_error(404)

    def answer(self, body):
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


if sys.argv[1:] == ["readyz"]:
    urllib.request.urlopen("http://127.0.0.1:8025/readyz", timeout=3)
else:
    Controller(Catch(), hostname="0.0.0.0", port=1025).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Web).serve_forever()
