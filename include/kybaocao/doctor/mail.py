"""The mail server: one real letter to the operators, over the connection that all mail takes."""

from __future__ import annotations

import socket
import ssl
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.mail.server_answers import describe_lost_connection, read_answer
from kybaocao.plan.recipients import is_sample_domain
from kybaocao.store.outbox import Message
from kybaocao.vietnamese import format_moment

HOW_TO_SET = (
    "khai báo kết nối kybaocao_smtp: SMTP_HOST, SMTP_PORT, SMTP_FROM… trong .env (docker compose), hoặc biến "
    "AIRFLOW_CONN_KYBAOCAO_SMTP; mẫu ở .env.example"
)
_LOGIN_REFUSED = (530, 534, 535, 538)  # RFC 4954
SUBJECT = "Thư thử của hệ thống Kỳ Báo Cáo"
_TEXT = (
    "Kính gửi: Tổ vận hành.\n\n"
    "Đây là thư thử gửi lúc {moment}, không cần trả lời. Nhận được thư này nghĩa là máy chủ thư đã nhận và chuyển thư "
    "của hệ thống.\n\n"
    "Xin xem ba điều: thư nằm trong hộp thư đến, không phải mục thư rác; tên và địa chỉ người gửi đúng như mong muốn; "
    "dấu tiếng Việt hiện đúng.\n"
)


@dataclass(frozen=True)
class Connection:
    """Where mail goes out."""

    host: str
    port: int
    sender: str
    login: str = ""

    @property
    def is_local(self) -> bool:
        return self.host in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Post:
    """The way to the mail server, given by whoever knows Airflow."""

    find_connection: Callable[[], Connection | None]
    send: Callable[[Message], object]  # what the server refused while it took the rest; empty for nothing


def probe_mail(setting: Setting, post: Post, mail_to: str) -> Iterator[Answer]:
    """Find the connection and send; `mail_to` is whom to write to, "" for the operators."""
    connection = post.find_connection()
    if connection is None:
        yield bad("chưa khai báo máy chủ thư: không thư nào gửi được", HOW_TO_SET)
        return
    where = f"{connection.host}:{connection.port}"
    account = f", tài khoản {connection.login}" if connection.login else ", không dùng tài khoản"
    yield good(f"kết nối kybaocao_smtp: {where}{account}, người gửi {connection.sender or 'chưa đặt'}")
    if not connection.sender:
        yield bad("chưa đặt địa chỉ người gửi", "đặt from_email của kết nối (SMTP_FROM)")
        return
    recipients = [mail_to] if mail_to else _list_operators(setting)
    samples = [address for address in (*recipients, connection.sender) if is_sample_domain(address)]
    if not recipients:
        yield doubtful("chưa gửi thư thử: không biết gửi cho ai", "chạy lại với --mail-to ĐỊA_CHỈ")
    elif samples and not connection.is_local:
        yield doubtful(
            f"chưa gửi thư thử: {samples[0]} là địa chỉ mẫu",
            "sửa địa chỉ người gửi (SMTP_FROM)" if connection.sender in samples else "chạy lại với --mail-to ĐỊA_CHỈ",
        )
    else:
        yield _send(setting, post, connection, recipients)


def _list_operators(setting: Setting) -> list[str]:
    people = [one.email for plan in setting.plans if plan.recipients for one in plan.recipients.operators]
    return list(dict.fromkeys(people))


def _send(setting: Setting, post: Post, connection: Connection, recipients: Sequence[str]) -> Answer:
    try:
        refused = post.send(_write_letter(setting, recipients))
    except Exception as error:
        return bad(*explain_failure(error, connection))
    if refused:
        return bad(
            f"máy chủ thư không nhận người nhận: {refused}", "kiểm tra địa chỉ; hoặc máy chủ không cho gửi ra ngoài"
        )
    return good(f"đã gửi thư thử tới {', '.join(recipients)}; xin mở hộp thư xem đã đến chưa")


def _write_letter(setting: Setting, recipients: Sequence[str]) -> Message:
    """By hand: it is no letter of a cycle (`mail.messages`), and comes also while no plan can be read."""
    zone = setting.plans[0].timezone if setting.plans else None
    text = _TEXT.format(moment=format_moment(setting.now.astimezone(zone)))
    html = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    return Message(
        key=f"kiem-tra/{uuid.uuid4().hex}",
        cycle="",
        kind="kiem_tra",
        recipients=tuple(recipients),
        subject=SUBJECT,
        html=f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"></head><body>{html}</body></html>',
        text=text,
    )


def explain_failure(error: BaseException, connection: Connection) -> tuple[str, str]:
    """(what happened, what to do), by the deepest cause that is known."""
    where = f"{connection.host}:{connection.port}"
    causes, at = [], error
    while at is not None and at not in causes:
        causes.append(at)
        at = at.__cause__ or at.__context__  # type: ignore[assignment]
    reply = " ".join(str(error).split())[:300]
    for cause in reversed(causes):
        answer = read_answer(cause)
        if answer and answer.code in _LOGIN_REFUSED and not answer.is_about_sender:
            return (
                f"máy chủ thư {where} không nhận tài khoản hoặc mật khẩu: {reply}",
                "sửa SMTP_LOGIN, tệp secrets/smtp_password",
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            advice = (
                "thay chứng thư trên máy chủ thư; SMTP_HOST phải đúng tên trong chứng thư, đồng hồ máy này phải đúng"
            )
            return f"{describe_lost_connection(cause)} ({where}): {reply}", advice
        if isinstance(cause, ssl.SSLError):
            advice = (
                "cổng 465: SMTP_DISABLE_SSL=false, SMTP_DISABLE_TLS=true; cổng 587: ngược lại; chứng thư phải hợp lệ"
            )
            return f"không lập được kết nối mã hóa với {where}: {reply}", advice
        if isinstance(cause, socket.gaierror):
            return f"không tìm thấy máy chủ thư {connection.host}", "sửa SMTP_HOST; kiểm tra DNS của máy này"
        if isinstance(cause, ConnectionRefusedError):
            return (
                f"không có máy chủ thư ở {where}",
                "sửa SMTP_HOST, SMTP_PORT; kiểm tra máy chủ thư đang chạy, tường lửa",
            )
        if isinstance(cause, TimeoutError):
            return f"máy chủ thư {where} không trả lời", "kiểm tra tường lửa, cổng, mạng giữa hai máy"
        if answer and answer.is_about_sender:
            return (
                f"máy chủ thư không cho gửi dưới tên {connection.sender}: {reply}",
                "sửa SMTP_FROM đúng với tài khoản",
            )
    return f"không gửi được thư thử qua {where}: {reply}", "gửi câu trả lời này cho người quản trị máy chủ thư"
