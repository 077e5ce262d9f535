"""The one rule, as a table: who sees what."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalog.model import Audience, GraphIri, Iri, Kind, Record, Visibility
from catalog.visibility import audiences_of, is_findable, may_know, may_see

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
RECORD = Record(GraphIri("urn:g"), Iri("urn:i"), Kind.DATASET, Visibility.PUBLIC, "h", "s", "a", WHEN, WHEN)

TABLE = {
    Visibility.PUBLIC: {Audience.PUBLIC, Audience.MEMBERS, Audience.OPERATORS},
    Visibility.MEMBERS: {Audience.MEMBERS, Audience.OPERATORS},
    Visibility.DRAFT: {Audience.OPERATORS},
}


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("audience", Audience)
def test_who_sees_what(visibility: Visibility, audience: Audience) -> None:
    record = replace(RECORD, visibility=visibility)
    gone = replace(record, withdrawn=WHEN)
    assert audiences_of(record) == TABLE[visibility]
    assert may_see(audience, record) == (audience in TABLE[visibility])
    assert not may_see(audience, gone)
    assert may_know(audience, gone) == (audience in TABLE[visibility])
    assert is_findable(record)
    assert not is_findable(gone)


def test_an_operators_working_graph_is_never_found_by_search() -> None:
    assert not is_findable(replace(RECORD, kind=Kind.GRAPH))
