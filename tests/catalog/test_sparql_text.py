"""What is told of a query without parsing it."""

from __future__ import annotations

import pytest

from catalog.engines.sparql_text import has_limit


@pytest.mark.parametrize(
    ("query", "limited"),
    [
        ("SELECT * { ?s ?p ?o } LIMIT 100", True),
        ("SELECT * { ?s ?p ?o }\nlimit 5 offset 3\n", True),
        ("SELECT * { ?s ?p ?o } LIMIT 101", False),
        ("SELECT * { ?s ?p ?o }", False),
        ("SELECT * { ?s ?p ?o } # LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } #\r LIMIT 5", False),
        ("SELECT * { ?s ?p ?o } \\u0023 LIMIT 5", False),
        ("SELECT * { { SELECT * { ?s ?p ?o } LIMIT 5 } }", False),
        ("SELECT * { ?s ?p ?o } LIMIT 5 VALUES ?s { 1 }", False),
    ],
)
def test_only_a_limit_that_ends_the_query_bounds_its_rows(query: str, limited: bool) -> None:
    assert has_limit(query, 100) is limited
