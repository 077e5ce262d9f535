"""The W3C cases of SPARQL 1.1 Query, Update and results, through the port that the endpoint stands on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from pyoxigraph import QueryResultsFormat, parse_query_results

from catalog.engines.oxigraph import OxigraphStore
from catalog.errors import InputError, QueryRefusedError, SyntaxInvalidError
from catalog.model import DEFAULT_GRAPH, Audience, GraphIri, Kind, Limits
from catalog.ports import QueryRequest, UpdateRequest
from tests.conformance.shared import SHARED, require_shared
from tests.conformance.sparql_cases import (
    FileCase,
    canonical,
    canonical_rows,
    expected_rows,
    file_cases,
    is_result_set,
    triples,
)
from tests.contract.stores import change

pytestmark = pytest.mark.conformance

SUITE = SHARED / "conformance" / "rdf-tests" / "sparql" / "sparql11"
QUERY = """
    aggregates bind bindings cast construct exists functions grouping negation project-expression property-path
    subquery syntax-query csv-tsv-res json-res
"""
UPDATE = """
    add basic-update clear copy delete-data delete-insert delete-where delete drop move syntax-update-1
    syntax-update-2 update-silent
"""
CASES = file_cases(SUITE, [*QUERY.split(), *UPDATE.split()]) if SUITE.exists() else []
LIMITS = Limits(20.0, 1 << 30, 1_000_000)
DATA = "urn:data"

KNOWN_FAILURES: dict[str, str] = {
    "aggregates/agg-groupconcat-04": "GROUP_CONCAT of texts in one language keeps the language",
    "aggregates/agg-groupconcat-06": "GROUP_CONCAT of texts in one language keeps the language",
    "aggregates/agg-empty-group-count-graph": "a grouping inside GRAPH ?g runs once, not once for each graph",
    "bindings/graph": "VALUES inside GRAPH ?g does not bind ?g",
    "csv-tsv-res/csv03": "numbers are stored by value: 1.0E6 comes back as 1000000",
    "csv-tsv-res/tsv03": "numbers are stored by value: xsd:negativeInteger comes back as xsd:integer",
    "functions/bnode01": "BNODE(text) names the node by the text, in every row the same",
    "negation/graph-minus": "MINUS inside GRAPH ?g takes ?g for a shared variable",
    "property-path/zero_or_more_set_start": "in an empty graph, a path of length zero does not match its fixed end",
    "property-path/zero_or_more_set_end": "in an empty graph, a path of length zero does not match its fixed end",
    "property-path/zero_or_one_set_start": "in an empty graph, a path of length zero does not match its fixed end",
    "property-path/zero_or_one_set_end": "in an empty graph, a path of length zero does not match its fixed end",
    "update-silent/load-silent": "LOAD is refused before it runs, SILENT or not: no host is allowed",
    "update-silent/load-into-silent": "LOAD is refused before it runs, SILENT or not: no host is allowed",
}
"""Cases that fail, with the reason; ``docs/conformance.md`` lists the same."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OxigraphStore]:
    opened = OxigraphStore(tmp_path_factory.mktemp("graphs"))
    yield opened
    opened.close()


def test_the_suite_is_there() -> None:
    require_shared("conformance/rdf-tests/sparql/sparql11")
    assert len(CASES) == 495


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: FileCase, store: OxigraphStore) -> None:
    if case.name in KNOWN_FAILURES:
        with pytest.raises((AssertionError, SyntaxInvalidError, QueryRefusedError)):
            run(case, store)
    else:
        run(case, store)


def run(case: FileCase, store: OxigraphStore) -> None:
    if "Syntax" in case.kind:
        check_syntax(case, store)
    elif "Update" in case.kind:
        check_update(case, store)
    else:
        check_query(case, store)


def check_syntax(case: FileCase, store: OxigraphStore) -> None:
    store.reset()
    refused = False
    try:
        if "Update" in case.kind:
            store.rehearse(UpdateRequest(case.text, base=case.base), LIMITS)
        else:
            list(store.query(Audience.PUBLIC, QueryRequest(case.text, base=case.base), LIMITS).chunks)
    except SyntaxInvalidError:
        refused = True
    except InputError:  # it parsed, and then wanted what is not there: a graph, a function, another server
        refused = False
    assert refused == ("Negative" in case.kind)


def fill(case: FileCase, store: OxigraphStore, default: str) -> dict[str, str]:
    contents = {name or default: triples(path) for name, path in case.data.items()}
    store.reset()
    store.apply(
        [
            change(seq, "graph", kind=Kind.GRAPH, where=GraphIri(name), text=content)
            for seq, (name, content) in enumerate(contents.items(), 1)
        ]
    )
    return contents


def check_query(case: FileCase, store: OxigraphStore) -> None:
    fill(case, store, DATA)
    assert case.result is not None
    own = "FROM" in case.text
    named = () if own else tuple(name for name in case.data if name)
    form = "text/csv" if case.result.suffix == ".csv" else "application/sparql-results+json"
    asked = QueryRequest(case.text, () if own else (DATA,), named, form, "application/n-triples", base=case.base)
    result = store.query(Audience.PUBLIC, asked, LIMITS)
    answer = b"".join(result.chunks)
    if result.media_type == "text/csv":
        assert sorted_rows(answer) == sorted_rows(case.result.read_bytes())
    elif is_result_set(case.result):
        assert canonical_rows(parse_query_results(answer, QueryResultsFormat.JSON)) == expected_rows(case.result)
    else:
        assert canonical(answer) == canonical(triples(case.result))


def sorted_rows(text: bytes) -> list[list[tuple[str, str]]]:
    plain = re.sub("_:[0-9a-z]+", "_:", text.decode())
    rows = csv.DictReader(io.StringIO(plain))  # the columns of SELECT * have no order
    return sorted(sorted(row.items()) for row in rows)


def check_update(case: FileCase, store: OxigraphStore) -> None:
    contents = fill(case, store, DEFAULT_GRAPH)
    changed = store.rehearse(UpdateRequest(case.text, base=case.base), LIMITS)
    after = {name: content for name, content in (contents | changed).items() if content}
    expected = {name or DEFAULT_GRAPH: triples(path) for name, path in case.expected_data.items()}
    assert {name: canonical(content) for name, content in after.items()} == {
        name: canonical(content) for name, content in expected.items() if content
    }
