"""The list of letters, one letter, and what operators do about them."""

from __future__ import annotations

import json
import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, update

from kybaocao.console.facts.letters import LetterFilter, list_letters
from kybaocao.console.scope import Scope, open_scope
from kybaocao.home import Home
from kybaocao.store.bounces import list_bounces, record_bounce
from kybaocao.store.database import open_store
from kybaocao.store.deliveries import AddressState
from kybaocao.store.outbox import LetterState, find_number, list_messages
from kybaocao.store.tables import audit, deliveries, outbox
from tests.conftest import CYCLE
from tests.console.conftest import ACCOUNTS, log_in

LETTERS = f"/ky/{CYCLE}/thu"
WHY = {"ly_do": "văn thư báo đã sửa"}


@pytest.fixture
def client() -> TestClient:
    return log_in("vanhanh", follows=True)


def ask(**asked: str) -> list[tuple[str, str]]:
    found = list_letters(open_scope(CYCLE, ACCOUNTS["xem"]), LetterFilter(**asked), 1)
    return [(one.kind, one.agency) for one in found.listing.rows]


def spoil(home: Home, agency: str, state: LetterState = LetterState.REFUSED) -> list[int]:
    """Numbers of an agency's letters, which now are in this state, as a server might have left them."""
    with open_store(home).write() as connection:
        connection.execute(update(outbox).where(outbox.c.agency == agency).values(state=state, last_error="550 hỏng"))
        letters = list_messages(connection, CYCLE, (state,))
        mine = deliveries.c.message_id.in_([one.message.message_id for one in letters])
        connection.execute(update(deliveries).where(mine).values(state=AddressState(state)))
    return [one.id for one in letters]


def state_of(home: Home, number: int) -> str:
    with open_store(home).read() as connection:
        found = find_number(connection, number)
    assert found is not None
    return found.state


def test_letters_are_found_without_diacritics(played: Home) -> None:
    assert ask(text="muong lam", kind="tra_lai") == [("tra_lai", "X-04183")]


def test_a_search_needs_every_word_in_one_letter(played: Home) -> None:
    assert ask(text="muong lam tra_lai.khong-co") == []
    both = ask(text="x-04183 muong")
    assert both and {agency for _, agency in both} == {"X-04183"}


def test_new_letters_are_found_and_none_of_a_store_that_was_restored(own: Home) -> None:
    """What is known of letters grows with them, and is forgotten when other letters have their numbers."""
    before = ask()
    with open_store(own).write() as connection:
        row = dict(connection.execute(select(outbox).where(outbox.c.id == 1)).mappings().one())
        row |= {"subject": "Thư mới đặt", "key": "k", "message_id": "<k>"}
        del row["id"]
        connection.execute(outbox.insert().values(**row))
    assert len(ask(text="moi dat")) == 1 and len(ask()) == len(before) + 1
    with open_store(own).write() as connection:
        newest = select(func.max(outbox.c.id)).scalar_subquery()
        values = {"subject": "Thư khác", "message_id": "<other>"}
        connection.execute(update(outbox).where(outbox.c.id == newest).values(**values))
    assert (len(ask(text="moi dat")), len(ask(text="thu khac"))) == (0, 1)


def test_they_are_filtered_by_kind_agency_and_state(played: Home) -> None:
    assert ask(kind="tiep_nhan", agency="STC") == [("tiep_nhan", "STC")]
    assert ask(kind="tiep_nhan", state="undelivered") == []


def test_a_count_is_the_number_of_its_rows(played: Home) -> None:
    scope = open_scope(CYCLE, ACCOUNTS["xem"])
    found = list_letters(scope, LetterFilter(), 1)
    for state, count in found.by_state.items():
        assert list_letters(scope, LetterFilter(state=state), 1).listing.total == count
    assert sum(found.by_kind.values()) == found.listing.total


def test_a_supervisor_sees_letters_of_watched_agencies_only(played: Home) -> None:
    whole = open_scope(CYCLE, ACCOUNTS["xem"])
    scope = Scope(whole.p, whole.account, frozenset({"STC"}))
    assert {one.agency for one in list_letters(scope, LetterFilter(), 1).listing.rows} == {"STC"}


def test_the_number_of_queries_does_not_grow_with_the_letters(played: Home) -> None:
    scope, asked = open_scope(CYCLE, ACCOUNTS["xem"]), list[str]()
    event.listen(scope.p.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    list_letters(scope, LetterFilter(), 1)
    assert len(asked) <= 8


def test_the_letter_as_it_was_sent_can_run_and_load_nothing(played: Home, viewer: TestClient) -> None:
    answer = viewer.get(f"{LETTERS}/1/noi-dung")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_a_letter_of_another_cycle_is_not_found(played: Home, viewer: TestClient) -> None:
    assert viewer.get("/ky/nq02-2026-ky1/thu/1").status_code == 404


def test_the_list_as_csv_has_every_row(played: Home, viewer: TestClient) -> None:
    answer = viewer.get(f"{LETTERS}?dinh_dang=csv")
    total = list_letters(open_scope(CYCLE, ACCOUNTS["xem"]), LetterFilter(), 1).listing.total
    assert len(answer.text.strip().splitlines()) == total + 1 and "attachment" in answer.headers["content-disposition"]


def test_the_list_for_programs(played: Home, viewer: TestClient) -> None:
    found = viewer.get(f"/api/v1/cycles/{CYCLE}/letters?kind=tra_lai&agency=STC").json()
    assert (found["total"], found["letters"][0]["agency"]) == (1, "STC")


def test_a_refused_letter_is_sent_again_in_the_accounts_name(own: Home, client: TestClient) -> None:
    number = spoil(own, "X-03664")[-1]
    answer = client.post(f"{LETTERS}/{number}/gui-lai", data=WHY)
    assert "trong lượt gần nhất" in answer.text and state_of(own, number) == "pending"
    with open_store(own).read() as connection:
        row = connection.execute(select(audit).where(audit.c.action == "mail-resent")).one()
    assert (row.actor, json.loads(row.detail)["reason"]) == ("vanhanh", WHY["ly_do"])


@pytest.mark.parametrize("verb", ["gui-lai", "rut", "chuyen"])
def test_a_letter_that_everybody_has_stays_as_it_is(own: Home, client: TestClient, verb: str) -> None:
    answer = client.post(f"{LETTERS}/1/{verb}", data=WHY | {"dia_chi": "moi@sonla.example.vn"})
    assert (answer.status_code, state_of(own, 1)) == (409, "sent")
    assert "không còn gì phải xử lý" in answer.text


def test_what_would_be_refused_is_not_offered(own: Home, client: TestClient) -> None:
    """A letter that everybody has; one that was refused; one that lost its sense; one that the next pass sends."""
    refused, lapsed, waiting = spoil(own, "X-03664")[:3]
    with open_store(own).write() as connection:
        now = open_scope(CYCLE, ACCOUNTS["xem"]).p.as_of
        connection.execute(update(outbox).values(useful_until=None))
        connection.execute(update(outbox).where(outbox.c.id == lapsed).values(useful_until=now))
        connection.execute(update(outbox).where(outbox.c.id == waiting).values(state=LetterState.PENDING))
        connection.execute(deliveries.delete().where(deliveries.c.message_id == find_id(own, waiting)))
    offered = {number: list_offers(client, number) for number in (1, refused, lapsed, waiting)}
    every = ["gui-lai", "chuyen", "rut"]
    assert offered == {1: [], refused: every, lapsed: ["rut"], waiting: every[1:]}
    assert "không cần làm gì thêm" in client.get(f"{LETTERS}/1").text


def list_offers(client: TestClient, number: int) -> list[str]:
    return re.findall(rf'action="[^"]*/thu/{number}/([^"]*)"', client.get(f"{LETTERS}/{number}").text)


def find_id(home: Home, number: int) -> str:
    with open_store(home).read() as connection:
        found = find_number(connection, number)
    assert found is not None
    return found.message.message_id


def test_a_letter_is_withdrawn_and_redirected(own: Home, client: TestClient) -> None:
    first, *_, second = spoil(own, "X-03664")
    assert "Đã rút" in client.post(f"{LETTERS}/{first}/rut", data=WHY).text
    answer = client.post(f"{LETTERS}/{second}/chuyen", data=WHY | {"dia_chi": "moi@sonla.example.vn"})
    assert f"Thư số {second} được gửi thay bằng thư số" in answer.text
    assert [state_of(own, one) for one in (first, second)] == ["withdrawn", "withdrawn"]


def test_a_mailbox_is_used_again_once(own: Home, client: TestClient) -> None:
    store, moment = open_store(own), open_scope(CYCLE, ACCOUNTS["xem"]).p.as_of
    with store.write() as connection:
        record_bounce(connection, "a@sonla.example.vn", at=moment, reason="không có hộp thư", reported_by="máy chủ thư")
    assert "không có hộp thư" in client.get(LETTERS).text
    data = WHY | {"dia_chi": "a@sonla.example.vn"}
    assert "được dùng lại" in client.post(f"/ky/{CYCLE}/dia-chi/dung-lai", data=data).text
    with store.read() as connection:
        assert list_bounces(connection) == {}
    assert client.post(f"/ky/{CYCLE}/dia-chi/dung-lai", data=data).status_code == 409


def test_sending_all_again_first_states_the_filter_and_how_many(own: Home, client: TestClient) -> None:
    numbers = spoil(own, "X-03664")
    text = client.get(f"{LETTERS}/gui-lai-tat-ca?co_quan=X-03664").text
    assert f"Có {len(numbers)} thư sẽ được gửi lại" in text and "X-03664" in text
    assert {state_of(own, one) for one in numbers} == {"refused"}


def test_then_all_of_them_are_sent_again(own: Home, client: TestClient) -> None:
    numbers = spoil(own, "X-03664")
    data = WHY | {"so_thu": str(len(numbers))}
    answer = client.post(f"{LETTERS}/gui-lai-tat-ca?co_quan=X-03664", data=data)
    done = [one for one in numbers if state_of(own, one) == "pending"]
    assert f"Đã đưa {len(done)}/{len(numbers)} thư vào hàng chờ" in answer.text and done


def test_a_list_that_has_changed_since_is_looked_at_again(own: Home, client: TestClient) -> None:
    numbers = spoil(own, "X-03664")
    data = WHY | {"so_thu": str(len(numbers) + 1)}
    answer = client.post(f"{LETTERS}/gui-lai-tat-ca?co_quan=X-03664", data=data)
    assert answer.status_code == 409 and {state_of(own, one) for one in numbers} == {"refused"}


@pytest.mark.parametrize(
    "path", ["thu/1/gui-lai", "thu/1/rut", "thu/1/chuyen", "thu/gui-lai-tat-ca", "dia-chi/dung-lai"]
)
def test_who_may_only_look_may_not_act(played: Home, viewer: TestClient, path: str) -> None:
    assert viewer.post(f"/ky/{CYCLE}/{path}", data=WHY).status_code == 403
