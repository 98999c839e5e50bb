"""A full disk, parts that are down, a store out of reach, a certificate: which one it is stands in a sentence."""

from __future__ import annotations

import datetime as dt
import json
import ssl
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.exc import OperationalError

from kybaocao.adapters.operator_letters import _describe
from kybaocao.adapters.smtp import open_smtp
from kybaocao.doctor.mail import Connection, explain_failure
from kybaocao.embedded.system import find_free_port
from kybaocao.mail.server_answers import describe_connection_error
from kybaocao.stages.support import operator_warnings
from kybaocao.stages.support.operator_warnings import LITTLE_SPACE, list_disk_warnings, list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.whole_pass import run_pass
from kybaocao.watch.observation import Cause, Hold, Reason, Record, write_record
from tests.stages.conftest import MIDDAY, OPENING

Small = Callable[[str], Pass]
Usage = namedtuple("Usage", "total used free")


# --- disks ----------------------------------------------------------------------------------------------------------


def test_a_disk_that_is_nearly_full_is_a_warning(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for data and shared folders on one disk; the same words while it stays so, or each pass would write."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    before = list_warnings(p)
    found = []
    for free in (LITTLE_SPACE - 1, 5):
        monkeypatch.setattr(
            operator_warnings.shutil, "disk_usage", lambda _, free=free: Usage(2**40, 2**40 - free, free)
        )
        found.append([one for one in gather_status(p)["warnings"] if one not in before])
    assert found[0] == found[1] and len(found[0]) == 1
    assert found[0][0].startswith(f"Ổ đĩa chứa {p.home.root} còn dưới 2 GB trống")


def test_a_disk_that_does_not_answer_stops_no_status(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to write there says so."""

    def _fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(operator_warnings.shutil, "disk_usage", _fail)
    assert list_disk_warnings(small(MIDDAY)) == []


# --- parts of the system ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "words"),
    [("scheduler", "Bộ lập lịch (scheduler)"), ("redis", "Hàng đợi việc (Redis)"), ("triggerer", "(triggerer)")],
)
def test_a_part_that_is_down_is_said_also_while_no_run_waits(small: Small, part: str, words: str) -> None:
    """By the last look of the watch."""
    p = small(MIDDAY)
    p.store.upgrade()
    since = p.as_of - dt.timedelta(minutes=5)
    record = Record(p.as_of, hold=Hold(reasons=(Reason(Cause.SILENT, part, at=since),)))
    write_record(p.home.watch_record(p.cycle.id), record)
    (said,) = [one for one in gather_status(p)["warnings"] if "không hoạt động" in one]
    assert words in said and "lúc 09:55 ngày 01/12/2026" in said and "khởi động lại" in said
    write_record(p.home.watch_record(p.cycle.id), replace(record, hold=Hold()))
    assert not [one for one in gather_status(p)["warnings"] if "không hoạt động" in one]


def test_a_red_task_names_the_store_in_the_letter() -> None:
    """Not an English error of a library."""
    error = OperationalError("SELECT 1", {}, Exception('connection to server at "postgres" failed: Connection refused'))
    assert _describe(error).startswith("Kho dữ liệu chưa kết nối được (KYBAOCAO_DB_URL)")


# --- certificates ------------------------------------------------------------------------------------------------------


def make_certificate(folder: Path, *, days: int, name: str = "localhost") -> Path:
    """A certificate that was valid until so many days from now, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}{days}.pem"
    private = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., OSError]]:
    """connect(days=-1) -> what comes of connecting to a real mail server with such a certificate."""
    servers: list[Controller] = []

    def _connect(*, is_trusted: bool = True, **facts: object) -> OSError:
        certificate = make_certificate(tmp_path, **facts)  # type: ignore[arg-type]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = Controller(
            Sink(), hostname="127.0.0.1", port=find_free_port(), tls_context=context, require_starttls=True
        )
        server.start()
        servers.append(server)
        extra = {"from_email": "a@sonla.example.vn", "disable_ssl": True, "disable_tls": False, "timeout": 10}
        given = {"conn_type": "smtp", "host": "localhost", "port": server.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_KYBAOCAO_SMTP", json.dumps(given))
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with open_smtp(tmp_path, "b@sonla.example.vn") as link, pytest.raises(OSError) as caught:
            link()
        return caught.value

    yield _connect
    for server in servers:
        server.stop()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"days": -1}, "chứng thư (TLS) của máy chủ thư đã hết hạn"),
        ({"days": 9, "name": "thu.sonla.gov.vn"}, "cấp cho tên khác với SMTP_HOST"),
        ({"days": 9, "is_trusted": False}, "không do tổ chức mà máy này tin cấp"),
    ],
    ids=["expired", "another name", "unknown"],
)
def test_what_is_wrong_with_a_certificate_is_said(
    facts: dict[str, object], words: str, connect: Callable[..., OSError]
) -> None:
    """In what `status`, console and log have of an attempt, and by `doctor`."""
    error = connect(**facts)
    assert words in describe_connection_error(error) and "SSL" in describe_connection_error(error)
    found, advice = explain_failure(error, Connection("localhost", 25, "a@sonla.example.vn"))
    assert words in found and "chứng thư" in advice
