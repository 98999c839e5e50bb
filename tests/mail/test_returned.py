"""A delivery notice is read whichever server wrote it; whatever else lies there is read in bounded steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kybaocao.mail import mime_parts
from kybaocao.mail.mime_parts import MAX_CONTENT_BYTES, MAX_DEPTH, MAX_FIELDS, MAX_PARTS, scan_mail
from kybaocao.mail.returned import MAX_MESSAGE_IDS, MAX_REPORTS, Fate, read_notice
from tests.mail import notices
from tests.mail.notices import ADDRESS, HOSTILE, OURS, SHAPES, WITHOUT_REASON, about_several, postfix

Shape = Callable[[str, str], bytes]


def _fates(data: bytes) -> list[tuple[tuple[str, ...], Fate]]:
    return [(report.addresses[-1:], report.fate) for report in read_notice(data).reports]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_notice_of_any_server_says_which_mail_and_whose_address(shape: Shape) -> None:
    """Postfix, Exim, Exchange, Gmail, the international form, encoded parts, forwarded by hand."""
    notice = read_notice(shape(ADDRESS, OURS))
    assert (notice.message_ids[:1], notice.is_whole) == ((OURS,), True)
    assert [(ADDRESS in report.addresses, report.fate) for report in notice.reports] == [(True, Fate.DEAD)]


@pytest.mark.parametrize("shape", WITHOUT_REASON, ids=lambda shape: shape.__name__)
def test_a_notice_without_a_part_for_machines_says_that_delivery_failed(shape: Shape) -> None:
    """Its header names the recipient; no reason is given, so the address is not held to be wrong."""
    notice = read_notice(shape(ADDRESS, OURS))
    assert (notice.message_ids, _fates(shape(ADDRESS, OURS))) == ((OURS,), [((ADDRESS,), Fate.FAILED)])


@pytest.mark.parametrize(
    ("action", "status", "diagnosis", "fate"),
    [
        ("failed", "5.1.1", "550 5.1.1 unknown user", Fate.DEAD),
        ("failed", "5.1.2", "550 host unknown", Fate.DEAD),
        ("failed", "5.2.1", "550 mailbox disabled", Fate.DEAD),
        ("failed", "5.0.0", "550 No such user", Fate.DEAD),
        ("failed", "", "553 no such mailbox", Fate.DEAD),
        ("failed", "5.0.0", "550 5.1.1 unknown user", Fate.DEAD),
        ("failed", "5.2.2", "552 5.2.2 mailbox full", Fate.FAILED),
        ("failed", "5.3.4", "552 5.3.4 message too large", Fate.FAILED),
        ("failed", "4.4.7", "delivery time expired", Fate.FAILED),
        ("failed", "4.4.1", "450 4.1.1 unknown user", Fate.FAILED),
        ("failed", "5.7.1", "550 5.7.1 rejected by policy", Fate.FAILED),
        ("failed", "5.0.0", "550 5.7.1 rejected as spam", Fate.FAILED),
        ("failed", "5.0.0", "550 Blocked by blacklist", Fate.FAILED),
        ("failed", "5.7.1", "550 sent from 10.5.1.1 and 15.2.1.7", Fate.FAILED),
        ("failed", "5.1.8", "550 5.1.8 sender domain does not exist", Fate.FAILED),
        ("failed", "5.1.7", "550 5.1.7 bad sender address", Fate.FAILED),
        ("failed", "5.0.0", "", Fate.FAILED),
        ("failed", "", "", Fate.FAILED),
        ("", "5.1.1", "", Fate.DEAD),
        ("", "4.2.2", "452 4.2.2 full", Fate.DELAYED),
        ("delayed", "4.4.1", "connection timed out", Fate.DELAYED),
        ("delayed", "5.1.1", "550 5.1.1 unknown", Fate.DELAYED),
        ("delivered", "2.0.0", "250 ok", Fate.DELIVERED),
        ("relayed", "2.0.0", "250 ok", Fate.DELIVERED),
        ("expanded", "2.0.0", "", Fate.DELIVERED),
    ],
)
def test_what_became_of_a_mail_is_judged_by_the_most_exact_code(
    action: str, status: str, diagnosis: str, fate: Fate
) -> None:
    """Only what is wrong with the recipient's address makes it dead; full, late, large, refused by policy is failed."""
    assert _fates(postfix(status=status, action=action, diagnosis=diagnosis)) == [((ADDRESS,), fate)]


def test_each_recipient_of_a_notice_has_a_report_of_its_own() -> None:
    """One is dead, one is full, one waits."""
    data = about_several(
        OURS,
        ("a@x.vn", "failed", "5.1.1", "550 5.1.1 unknown"),
        ("b@x.vn", "failed", "5.2.2", "552 5.2.2 full"),
        ("c@x.vn", "delayed", "4.4.1", "timed out"),
    )
    assert _fates(data) == [(("a@x.vn",), Fate.DEAD), (("b@x.vn",), Fate.FAILED), (("c@x.vn",), Fate.DELAYED)]


def test_the_sample_in_the_international_form_names_no_mail() -> None:
    """Its address is read; without a Message-ID it can be about any mail."""
    data = notices.international().replace(OURS.encode(), b"")
    assert (read_notice(data).message_ids, _fates(data)) == ((), [((ADDRESS,), Fate.DEAD)])


def test_what_people_write_proves_nothing() -> None:
    """A report in a text part, and a Message-ID in a body, are words."""
    text = f"Subject: Undelivered\n\nFinal-Recipient: rfc822; {ADDRESS}\nAction: failed\nMessage-ID: {OURS}\n"
    notice = read_notice(text.encode())
    assert (notice.message_ids, notice.reports) == ((), ())


@pytest.mark.parametrize("cut", [10, 200, 500, 900])
def test_a_notice_that_is_still_being_copied_is_not_whole(cut: int) -> None:
    """Cut off in its header, or before its last boundary."""
    assert (read_notice(postfix()[:cut]).is_whole, read_notice(postfix()).is_whole) == (False, True)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_within_limits_and_names_no_mail(name: str) -> None:
    """No recursion, no part beyond the limits, no mail named."""
    mail = scan_mail(HOSTILE[name])
    assert all(len(part.raw) <= MAX_CONTENT_BYTES for part in mail.parts)
    assert (len(mail.parts) <= MAX_PARTS, len(mail.fields) <= MAX_FIELDS * MAX_DEPTH) == (True, True)
    assert read_notice(HOSTILE[name]).message_ids == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_looks_at_each_byte_a_fixed_number_of_times(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: bytes searched for boundaries and bytes read as headers stay below a multiple of the size."""
    data, looked_at = HOSTILE[name], 0
    find, read = mime_parts._Scan._find_delimiter, mime_parts.read_fields

    def count_search(self: mime_parts._Scan, place: int, limit: int) -> tuple[int, int, int, bool] | None:
        nonlocal looked_at
        found = find(self, place, limit)
        looked_at += max(0, (found[1] if found else limit) - place)
        return found

    def count_fields(header: bytes) -> mime_parts.Fields:
        nonlocal looked_at
        looked_at += len(header)
        return read(header)

    monkeypatch.setattr(mime_parts._Scan, "_find_delimiter", count_search)
    monkeypatch.setattr(mime_parts, "read_fields", count_fields)
    scan_mail(data)
    assert looked_at <= 6 * len(data) + 6 * mime_parts.MAX_HEADER_BYTES


def test_more_than_the_limits_is_not_reported() -> None:
    """Recipients and identifiers beyond the limit are left out."""
    many = about_several(OURS, *((f"a{one}@x.vn", "failed", "5.1.1", "550") for one in range(MAX_REPORTS + 50)))
    named = "".join(f"References: <{one}@x>\n" for one in range(MAX_MESSAGE_IDS + 50)).encode()
    assert (len(read_notice(many).reports), len(read_notice(named + b"\n").message_ids)) == (
        MAX_REPORTS - 1,  # the first block is about the mail
        MAX_MESSAGE_IDS,
    )


_LINES = st.sampled_from(
    [
        *(line + b"\n" for line in postfix().splitlines()),
        b"--b\n",
        b"--b--\n",
        b"\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Transfer-Encoding: base64\n",
        b"\xff\x00\r",
        "Final-Recipient: utf-8; \u200b\u202e\x1b\\x{D800}@\u2028x\n".encode(),
        b"Status: 5.1.1\nDiagnostic-Code: \xe2\x80\x8b\x07\n",
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=3000), st.lists(_LINES, max_size=60).map(b"".join)))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    """What is found can be stored: text without control signs or half surrogate pairs, addresses short enough."""
    notice = read_notice(data)
    words = [*notice.message_ids, *(text for one in notice.reports for text in (*one.addresses, one.text))]
    assert [word for word in words if not word.isprintable() or word != word.encode().decode()] == []
    assert all(len(address) <= 200 and "@" in address for one in notice.reports for address in one.addresses)


@settings(max_examples=200)
@given(st.sampled_from(SHAPES), st.integers(0, 3000), st.binary(max_size=20))
def test_a_damaged_notice_is_read_without_an_error(shape: Shape, place: int, damage: bytes) -> None:
    """It names our mail or not; it never names another one as ours."""
    data = shape(ADDRESS, OURS)
    notice = read_notice(data[:place] + damage + data[place + len(damage) :])
    assert len(notice.reports) <= MAX_REPORTS and all(one.startswith("<") for one in notice.message_ids)
