"""One contract for every graph store: what is applied is what each audience sees, and limits hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from pyoxigraph import Literal, NamedNode

from catalog.errors import (
    LimitExceededError,
    ParameterError,
    QueryRefusedError,
    SpacecatError,
    SyntaxInvalidError,
)
from catalog.model import DEFAULT_GRAPH, Action, Audience, Change, GraphIri, Kind, Limits, Visibility
from catalog.ports import GraphStore, QueryRequest, UpdateRequest
from tests.contract import stores
from tests.contract.stores import BASE, LIMITS, change, content, graph, request, same, withdrawn

SERVERS = stores.server_urls() or ["no server"]
TYPE, DATASET = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://www.w3.org/ns/dcat#Dataset>"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <http://www.w3.org/ns/dcat#Dataset> }"


@pytest.fixture(scope="module", params=["oxigraph", *(pytest.param(url, marks=pytest.mark.engines) for url in SERVERS)])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    if request.param == "no server":
        pytest.fail(stores.HOW)
    with stores.opened(request.param, tmp_path_factory.mktemp("graphs")) as store:
        yield store


@pytest.fixture
def store(opened: GraphStore) -> GraphStore:
    opened.reset()
    return opened


def rows(store: GraphStore, text: str, audience: Audience = Audience.PUBLIC, limits: Limits = LIMITS) -> list[dict]:  # type: ignore[type-arg]
    result = store.query(audience, QueryRequest(text), limits)
    assert result.media_type == "application/sparql-results+json"
    bindings = json.loads(b"".join(result.chunks))["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def count(store: GraphStore, audience: Audience = Audience.PUBLIC) -> int:
    return int(rows(store, COUNT, audience)[0]["n"])


def failure(store: GraphStore, asked: QueryRequest, limits: Limits = LIMITS) -> SpacecatError:
    with pytest.raises(SpacecatError) as raised:
        list(store.query(Audience.PUBLIC, asked, limits).chunks)
    return raised.value


# Writing


def test_a_new_store_is_empty_at_position_0(store: GraphStore) -> None:
    assert store.position() == 0
    assert [count(store, audience) for audience in Audience] == [0, 0, 0]
    assert store.triples(Audience.OPERATORS, graph("a")) is None


def test_a_graph_is_kept_as_it_was_given(store: GraphStore) -> None:
    store.apply([change(1, "a")])
    assert store.position() == 1
    for audience in Audience:
        assert same(store.triples(audience, graph("a")), content("a"))


def test_a_graph_is_replaced_whole(store: GraphStore) -> None:
    store.apply([change(1, "a"), change(2, "b")])
    store.apply([change(3, "a", text=content("a", "Another", blank=False), action=Action.UPDATED)])
    assert same(store.triples(Audience.PUBLIC, graph("a")), content("a", "Another", blank=False))
    assert same(store.triples(Audience.PUBLIC, graph("b")), content("b"))
    assert [
        row["t"] for row in rows(store, f"SELECT ?t {{ <{BASE}/id/dataset/a> <http://purl.org/dc/terms/title> ?t }}")
    ] == ["Another"]


def test_the_last_of_several_changes_to_a_graph_holds(store: GraphStore) -> None:
    first = change(1, "a", text=content("a", "One"))
    store.apply([first, change(2, "a", text=content("a", "Two")), change(3, "b"), withdrawn(4, first)])
    assert store.position() == 4
    assert store.triples(Audience.OPERATORS, graph("a")) is None
    assert count(store) == 1


def test_applying_twice_changes_nothing(store: GraphStore) -> None:
    changes = [change(1, "a"), change(2, "b", Visibility.MEMBERS), change(3, "c", Visibility.DRAFT)]
    store.apply(changes)
    store.apply(changes)
    assert store.position() == 3
    assert [count(store, audience) for audience in Audience] == [1, 2, 3]
    assert same(store.triples(Audience.MEMBERS, graph("b")), content("b"))


def test_the_unnamed_graph_is_a_graph_too(store: GraphStore) -> None:
    triple = '<http://example.org/s> <http://example.org/p> "x" .\n'
    store.apply([change(1, "x", kind=Kind.GRAPH, where=DEFAULT_GRAPH, text=triple)])
    assert store.triples(Audience.PUBLIC, DEFAULT_GRAPH) == triple
    assert rows(store, "SELECT ?o { <http://example.org/s> ?p ?o }") == [{"o": "x"}]
    named = rows(store, "SELECT ?g { GRAPH ?g { <http://example.org/s> ?p ?o } }")
    assert named in ([], [{"g": DEFAULT_GRAPH}])  # a server keeps it under that name
    store.apply([change(2, "x", kind=Kind.GRAPH, where=DEFAULT_GRAPH, action=Action.WITHDRAWN)])
    assert store.triples(Audience.PUBLIC, DEFAULT_GRAPH) is None


def test_reset_empties_everything(store: GraphStore) -> None:
    store.apply([change(1, "a"), change(2, "b", Visibility.DRAFT)])
    store.reset()
    assert store.position() == 0
    assert [count(store, audience) for audience in Audience] == [0, 0, 0]
    store.apply([change(1, "b")])
    assert [count(store, audience) for audience in Audience] == [1, 1, 1]


@pytest.mark.parametrize("size", [400, 6000])
def test_large_batches_end_like_small_ones(store: GraphStore, size: int) -> None:
    levels = [Visibility.PUBLIC] * 8 + [Visibility.MEMBERS, Visibility.DRAFT]

    def batch(first: int, shift: int) -> list[Change]:
        return [
            change(first + number, f"r{number}", levels[(number + shift) % 10], f"<urn:r{number}> {TYPE} {DATASET} .\n")
            for number in range(size)
        ]

    store.apply([change(1, "m", Visibility.MEMBERS), change(2, "gone"), change(3, "d", Visibility.DRAFT)])
    store.apply([*batch(10, 0), change(10 + size, "gone", Visibility.DRAFT)])
    assert store.position() == 10 + size
    expected = [size * 8 // 10, size * 9 // 10 + 1, size + 3]
    assert [count(store, audience) for audience in Audience] == expected
    assert same(store.triples(Audience.MEMBERS, graph("m")), content("m"))
    assert store.triples(Audience.MEMBERS, graph("gone")) is None
    assert same(store.triples(Audience.OPERATORS, graph("gone")), content("gone"))
    store.apply(batch(20_000, 1))
    assert [count(store, audience) for audience in Audience] == expected


# Visibility


@pytest.mark.parametrize("visibility", Visibility)
def test_each_audience_sees_its_own(store: GraphStore, visibility: Visibility) -> None:
    seen = {Visibility.PUBLIC: [1, 1, 1], Visibility.MEMBERS: [0, 1, 1], Visibility.DRAFT: [0, 0, 1]}
    store.apply([change(1, "a", Visibility.PUBLIC)])
    store.apply([change(2, "a", visibility, action=Action.VISIBILITY)])
    assert [count(store, audience) for audience in Audience] == seen[visibility]
    present = [store.triples(audience, graph("a")) is not None for audience in Audience]
    assert present == [bool(number) for number in seen[visibility]]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x { ?x ?p ?o }",
        "SELECT ?x { GRAPH ?x { ?s ?p ?o } }",
        "SELECT ?x { GRAPH <%s> { ?x ?p ?o } }",
        "SELECT ?x FROM <%s> { ?x ?p ?o }",
        "SELECT ?x FROM NAMED <%s> { GRAPH ?g { ?x ?p ?o } }",
        "SELECT (COUNT(*) AS ?x) { GRAPH ?g { ?s ?p ?o } } HAVING (COUNT(*) > 0)",
        "SELECT ?x { ?x <http://purl.org/dc/terms/title>* ?y } LIMIT 1",
    ],
)
def test_a_hidden_record_leaks_nowhere(store: GraphStore, text: str) -> None:
    store.apply([change(1, "a", Visibility.MEMBERS)])
    asked = text.replace("%s", graph("a"))
    assert rows(store, asked, Audience.MEMBERS)
    assert rows(store, asked) == []


# Queries


def test_the_default_graph_is_the_union_unless_told(store: GraphStore) -> None:
    store.apply([change(1, "a"), change(2, "b")])
    assert count(store) == 2
    assert int(rows(store, COUNT.replace("{", f"FROM <{graph('a')}> {{", 1))[0]["n"]) == 1

    def names(text: str, *default: str, named: tuple[str, ...] = ()) -> set[str]:
        result = store.query(Audience.PUBLIC, request(text, *default, named=named), LIMITS)
        bindings = json.loads(b"".join(result.chunks))["results"]["bindings"]
        return {row["x"]["value"].rsplit("/", 1)[-1] for row in bindings}

    default, named = "SELECT DISTINCT ?x { ?x a ?c }", "SELECT DISTINCT ?x { GRAPH ?x { ?s a ?c } }"
    assert names(default) == names(named) == {"a", "b"}
    assert names(default, graph("a")) == {"a"}
    assert names(default, graph("a"), graph("b")) == {"a", "b"}
    assert names(named, graph("a")) == set()
    assert names(named, named=(graph("b"),)) == {"b"}
    assert names(default, named=(graph("b"),)) == set()
    assert names(default.replace("{", f"FROM <{graph('a')}> {{"), graph("b")) == {"b"}
    assert names("SELECT ?x { ?x a ?c . FILTER(STR(?c) != 'read from a string') }") == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "media_type", "expected"),
    [
        ("SELECT ?o { ?s <urn:p> ?o }", "application/sparql-results+json", b'"value":"x"'),
        ("SELECT ?o { ?s <urn:p> ?o }", "application/sparql-results+xml", b"<literal>x</literal>"),
        ("SELECT ?o { ?s <urn:p> ?o }", "text/csv", b"o\r\nx\r\n"),
        ("SELECT ?o { ?s <urn:p> ?o }", "text/tab-separated-values", b'?o\n"x"\n'),
        ("ASK { ?s <urn:p> ?o }", "application/sparql-results+json", b"true"),
        ("ASK { ?s <urn:p> ?o }", "application/sparql-results+xml", b"<boolean>true</boolean>"),
        ("CONSTRUCT WHERE { ?s <urn:p> ?o }", "text/turtle", b'<urn:s> <urn:p> "x" .'),
        ("CONSTRUCT WHERE { ?s <urn:p> ?o }", "application/n-triples", b'<urn:s> <urn:p> "x" .'),
        ("DESCRIBE <urn:s>", "application/rdf+xml", b"urn:s"),
        ("DESCRIBE <urn:s>", "application/ld+json", b'"urn:p"'),
    ],
)
def test_results_come_in_every_format(store: GraphStore, text: str, media_type: str, expected: bytes) -> None:
    store.apply([change(1, "a", kind=Kind.GRAPH, where=graph("a"), text='<urn:s> <urn:p> "x" .\n')])
    asked = QueryRequest(text, results_media_type=media_type, graph_media_type=media_type)
    result = store.query(Audience.PUBLIC, asked, LIMITS)
    assert result.media_type == media_type
    assert expected in b"".join(result.chunks)


def test_an_unacceptable_form_is_refused(store: GraphStore) -> None:
    assert type(failure(store, request("ASK {}", results_media_type=None))) is ParameterError
    assert type(failure(store, request("CONSTRUCT WHERE {?s ?p ?o}", graph_media_type=None))) is ParameterError
    assert list(store.query(Audience.PUBLIC, request("ASK {}", graph_media_type=None), LIMITS).chunks)


def test_a_write_is_seen_by_the_next_query(store: GraphStore) -> None:
    for seq in range(1, 12):
        store.apply([change(seq, f"r{seq}")])
        assert count(store) == seq


@pytest.mark.parametrize(
    "text", ["SELECT", "SELECT ?x { ?x ?y }", "INSERT DATA { <urn:s> <urn:p> 1 }", "", "SELECT * { ?s ?p 'x }"]
)
def test_what_is_no_query_is_a_syntax_error(store: GraphStore, text: str) -> None:
    assert type(failure(store, request(text))) is SyntaxInvalidError


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { service silent ?where { ?s ?p ?o } }",
        "ASK { { SELECT * { OPTIONAL { SERVICE <http://localhost/> { ?s ?p ?o } } } } }",
        "PREFIX x: <http://localhost/> SELECT * { '''SERVICE \"''' ?p ?o . SERVICE x:y { ?s ?p ?o } }",
        "SELECT * { FILTER(1<2)SERVICE#>\n?s{ ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o . SERVICE # comment\n <http://localhost/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p '#' . SERVICE <http://localhost/> { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { MINUS { SERVICE <http://[::1]/> { ?s ?p ?o } } } }",
    ],
)
def test_service_is_refused_wherever_it_hides(store: GraphStore, text: str) -> None:
    error = failure(store, request(text))
    assert (type(error), error.code) == (QueryRefusedError, "remote-refused")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service { BIND('SERVICE <http://localhost/> { }' AS ?service) } # SERVICE <http://localhost/> {}",
        "PREFIX service: <http://service/> SELECT * { VALUES ?s { service:service <http://x/#SERVICE> } }",
    ],
)
def test_service_may_be_spoken_of(store: GraphStore, text: str) -> None:
    assert rows(store, text)


# Limits


@pytest.mark.parametrize("depth", [5000])
def test_nesting_ends_cleanly(store: GraphStore, depth: int) -> None:
    error = failure(store, request(f"SELECT * {{ FILTER({'(' * depth}1{')' * depth}) }}"))
    assert isinstance(error, LimitExceededError | SyntaxInvalidError)
    assert count(store) == 0


def test_time_is_limited(store: GraphStore) -> None:
    values = " ".join(map(str, range(300)))
    product = " ".join(f"VALUES ?v{number} {{ {values} }}" for number in range(3))
    text = f"SELECT (COUNT(*) AS ?n) {{ {product} FILTER(?v0 + ?v1 > ?v2 * ?v2 * ?v2) }}"
    assert count(store) == 0  # a worker is warm now
    started = time.monotonic()
    error = failure(store, request(text), Limits(0.5, 1 << 30, 1000))
    assert (type(error), error.code) == (LimitExceededError, "time-limit")
    assert time.monotonic() - started < 1.0


MEDIA_TYPES = [
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("value", ["?x", "'line\\n\"quoted\",\\r\\nanother'", "'}},{'", "<urn:x>"])
def test_rows_are_limited_exactly(store: GraphStore, media_type: str, value: str) -> None:
    numbers = " ".join(map(str, range(100)))
    text = f"SELECT ?x ?y ({value} AS ?z) {{ VALUES ?x {{ {numbers} }} VALUES ?y {{ {numbers} }} }}"
    asked = request(text, results_media_type=media_type)
    if not (value == "'}},{'" and media_type.endswith("json")):
        assert list(store.query(Audience.PUBLIC, asked, Limits(10, 1 << 30, 10_000)).chunks)
    chunks = store.query(Audience.PUBLIC, asked, Limits(10, 1 << 30, 9_999)).chunks
    assert next(chunks)
    with pytest.raises(LimitExceededError) as raised:
        list(chunks)
    assert raised.value.code == "row-limit"


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_triples_are_limited_exactly(store: GraphStore, media_type: str) -> None:
    numbers = " ".join(map(str, range(100)))
    text = f"CONSTRUCT {{ <urn:s> <urn:p> ?x }} WHERE {{ VALUES ?x {{ {numbers} }} }}"
    asked = request(text, graph_media_type=media_type)
    assert list(store.query(Audience.PUBLIC, asked, Limits(10, 1 << 30, 100)).chunks)
    assert failure(store, asked, Limits(10, 1 << 30, 99)).code == "row-limit"


def test_a_large_result_streams_whole(store: GraphStore) -> None:
    numbers = " ".join(map(str, range(300)))
    text = f"SELECT ?x ?y {{ VALUES ?x {{ {numbers} }} VALUES ?y {{ {numbers} }} }}"
    result = store.query(Audience.PUBLIC, request(text), Limits(10, 1 << 30, 90_000))
    assert len(json.loads(b"".join(result.chunks))["results"]["bindings"]) == 90_000


# Our own queries


def test_select_binds_variables_and_leaves_out_the_unbound(store: GraphStore) -> None:
    store.apply([change(1, "a"), change(2, "b", text=content("b", "Other"))])
    text = """
    PREFIX dct: <http://purl.org/dc/terms/>
    SELECT ?s ?t ?no { ?s dct:title ?t OPTIONAL { ?s <urn:no> ?no } }
    """
    subject = NamedNode(f"{BASE}/id/dataset/b")
    assert store.select(Audience.PUBLIC, text, {"s": subject}) == [{"s": subject, "t": Literal("Other", language="en")}]
    titles = [row["s"] for row in store.select(Audience.PUBLIC, text, {"t": Literal("Title", language="en")})]
    assert titles == [NamedNode(f"{BASE}/id/dataset/a")]
    assert len(store.select(Audience.PUBLIC, text)) == 2


# Rehearsal


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 } }", {"urn:g": 1}),
        ("INSERT DATA { <urn:s> <urn:p> 1 }", {DEFAULT_GRAPH: 1}),
        ("INSERT DATA { GRAPH <urn:old> { <urn:s> <urn:p> 'x' } }", {}),
        ("DELETE DATA { GRAPH <urn:old> { <urn:s> <urn:p> 'x' } }", {"urn:old": 0}),
        ("DROP ALL", {"urn:old": 0, graph("a"): 0}),
        ("DELETE WHERE { GRAPH ?g { <urn:s> ?p ?o } }", {"urn:old": 0}),
        ("PREFIX x: <urn:> COPY x:old TO x:new", {"urn:new": 1}),
        ("WITH <urn:old> INSERT { ?s <urn:q> ?o } WHERE { ?s ?p ?o }", {"urn:old": 2}),
        ("INSERT { GRAPH ?g { ?s <urn:q> 1 } } WHERE { GRAPH ?g { ?s a ?c } }", {graph("a"): 7}),
        ("INSERT { ?s <urn:q> 1 } WHERE { GRAPH ?g { ?s a ?c } }", {DEFAULT_GRAPH: 1}),
    ],
)
def test_a_rehearsal_tells_what_would_change_and_stores_nothing(
    store: GraphStore, update: str, expected: dict[str, int]
) -> None:
    store.apply(
        [
            change(1, "a", Visibility.DRAFT),
            change(2, "old", kind=Kind.GRAPH, where=GraphIri("urn:old"), text='<urn:s> <urn:p> "x" .\n'),
        ]
    )
    changed = store.rehearse(UpdateRequest(update), LIMITS)
    assert {name: triples.count(" .\n") for name, triples in changed.items()} == expected
    assert same(store.triples(Audience.OPERATORS, graph("a")), content("a"))
    assert rows(store, "SELECT ?o { <urn:s> <urn:p> ?o }") == [{"o": "x"}]


def test_a_rehearsal_takes_the_dataset_of_the_protocol(store: GraphStore) -> None:
    store.apply([change(1, "a"), change(2, "b")])
    text = "INSERT { GRAPH <urn:g> { ?s a '} WHERE {' } } # } WHERE\n WHERE { { SELECT ?s WHERE { ?s a ?c } } }"
    assert store.rehearse(UpdateRequest(text), LIMITS) == {}
    one = store.rehearse(UpdateRequest(text, using_graphs=(graph("a"),)), LIMITS)
    assert [triples.count("\n") for triples in one.values()] == [1]
    with pytest.raises(ParameterError):
        store.rehearse(UpdateRequest(text.replace("WHERE", "USING <urn:x> WHERE"), using_graphs=(graph("a"),)), LIMITS)


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ("INSERT DATA { <urn:s> <urn:p> }", SyntaxInvalidError),
        ("LOAD <http://127.0.0.1:1/>", QueryRefusedError),
        ("LOAD SILENT <file:///etc/passwd> INTO GRAPH <urn:g>", QueryRefusedError),
        ("INSERT DATA { <urn:s> <urn:p> 'LOAD' }; LOAD <http://127.0.0.1:1/>", QueryRefusedError),
        ("INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", QueryRefusedError),
        ("INSERT DATA { " + "GRAPH <urn:g> {" * 5000, SpacecatError),
        ("DROP GRAPH <urn:none>", QueryRefusedError),
    ],
)
def test_a_bad_update_is_refused(store: GraphStore, update: str, kind: type[SpacecatError]) -> None:
    with pytest.raises(kind):
        store.rehearse(UpdateRequest(update), LIMITS)
    assert store.rehearse(UpdateRequest("INSERT DATA { <urn:s> <urn:p> 'LOAD <x>' }"), LIMITS)
