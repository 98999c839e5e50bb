"""Hashes of long texts: who has said the same, on both engines."""

from __future__ import annotations

import datetime as dt

from kybaocao.store.database import Store
from kybaocao.store.narratives import find_authors, keep_narratives, list_shared_narratives
from tests.store.moments import NOW

LATER = NOW + dt.timedelta(hours=1)


def _keep(store: Store, agency: str, places: dict[str, str], since: dt.datetime = NOW) -> None:
    with store.write() as connection:
        keep_narratives(connection, "k", agency, places, since)


def _authors(store: Store, *digests: str, until: dt.datetime = LATER) -> dict[str, frozenset[str]]:
    with store.read() as connection:
        return find_authors(connection, "k", digests, until)


def test_authors_are_found_up_to_a_moment(store: Store) -> None:
    """Only in their cycle, only those whose return had come in by then."""
    _keep(store, "STC", {"a": "t/1/x", "b": "t/2/x"})
    _keep(store, "STP", {"a": "t/7/x"}, LATER)
    assert _authors(store, "a", "c") == {"a": {"STC", "STP"}}
    assert _authors(store, "a", until=NOW) == {"a": {"STC"}}
    assert _authors(store) == {}


def test_a_new_version_replaces_the_texts_and_keeps_the_age_of_those_that_stay(store: Store) -> None:
    """Who wrote first stays the first; what was taken out is nobody's."""
    _keep(store, "STC", {"a": "t/1/x", "b": "t/2/x"})
    _keep(store, "STC", {"a": "t/3/x", "c": "t/1/x"}, LATER)
    assert _authors(store, "a", "b", "c", until=NOW) == {"a": {"STC"}}
    _keep(store, "STC", {}, LATER)
    assert _authors(store, "a", "c") == {}


def test_texts_of_several_agencies_are_listed_the_first_author_first(store: Store) -> None:
    """With the place in each form."""
    _keep(store, "STP", {"a": "t/7/x", "b": "t/8/x"}, LATER)
    _keep(store, "STC", {"a": "t/1/x"})
    with store.read() as connection:
        assert list_shared_narratives(connection, "k") == [[("STC", "t/1/x"), ("STP", "t/7/x")]]
