"""A second version says in its folder and to the leaders what it changes; the ministry gets documents and annex."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import Message, list_messages
from kybaocao.store.reports import list_versions
from tests.conftest import CYCLE
from tests.decisions import publish
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, drop

PAGE = "Thay-doi-so-voi-phien-ban-1.docx"
HEADING = "Thay đổi so với phiên bản 1"


def list_letters(p: Pass, kind: str) -> list[Message]:
    with p.store.read() as connection:
        return [one.message for one in list_messages(connection, CYCLE) if one.message.kind == kind]


def name_attached(letter: Message) -> list[str]:
    return sorted(one.name for one in letter.attachments)


def test_a_late_file_makes_a_version_that_says_what_it_changed(small: Callable[[str], Pass]) -> None:
    """The first version has no page; the second has one, the leaders read of it, and the ministry does not."""
    first = small(MIDDAY)
    drop(first, "STC")
    run_pass(first)
    compiled = small(COMPILATION)
    assert run_pass(compiled)["report_version"] == 1
    assert not list((compiled.home.root / "reports" / CYCLE / "v001").glob("Thay-doi*"))
    late = small("2026-12-14T14:00")
    drop(late, "X-04183", **EXPLAINED)
    assert run_pass(late)["report_version"] == 2
    with late.store.read() as connection:
        folder = late.home.root / list_versions(connection, CYCLE)[-1].folder
    assert (folder / PAGE).is_file()
    one, two = list_letters(late, "phat_hanh_so_tai_chinh")
    assert HEADING not in one.text and PAGE not in name_attached(one)
    assert HEADING in two.text and PAGE in name_attached(two)
    assert "(nộp lần đầu)" in two.text
    assert [name for name in name_attached(two) if name.startswith("Truy-nguyen_")] != []
    assert publish(late, 2)
    (signed,) = list_letters(late, "phat_hanh_bo_tai_chinh")
    assert len(name_attached(signed)) == 2
    assert [name for name in name_attached(signed) if name.startswith(("Truy-nguyen", "Thay-doi"))] == []
    assert all(HEADING not in text for text in (signed.text, signed.html))
