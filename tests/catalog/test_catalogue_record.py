"""The named graph of a record: submitted content untouched, blank nodes unique, the catalogue record added."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from catalog.catalogue_record import compose_graph
from catalog.identifiers import record_graph
from catalog.model import Iri, Kind, Record, Visibility

WHEN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
THING = NamedNode("http://space.example/id/dataset/a")
TITLE = NamedNode("http://purl.org/dc/terms/title")


def record(iri: str = THING.value, kind: Kind = Kind.DATASET) -> Record:
    graph = record_graph("http://space.example/", iri)
    return Record(graph, Iri(iri), kind, Visibility.MEMBERS, "sha256:00", "urn:s:demo", 'an "actor"\\', WHEN, WHEN)


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(text, format=RdfFormat.N_TRIPLES)]


terms = st.one_of(
    st.builds(Literal, st.text()),
    st.builds(lambda n: BlankNode(f"c14n{n}"), st.integers(0, 30)),
    st.just(Literal("tricky > _:c14n0 .")),
    st.just(Literal("\n_:c14n1 <a> <b> .")),
)


@given(st.lists(terms, min_size=1, max_size=8))
def test_every_submitted_statement_is_in_the_graph_as_it_was(values: list[Literal | BlankNode]) -> None:
    submitted = [Triple(THING, TITLE, value) for value in values]
    text = serialize(submitted, format=RdfFormat.N_TRIPLES)
    assert text is not None
    graph = triples(compose_graph(record(), text.decode()))
    kept = [triple.object for triple in graph if triple.subject == THING]
    assert [v.value for v in kept if isinstance(v, Literal)] == [v.value for v in values if isinstance(v, Literal)]
    assert len({v for v in kept if isinstance(v, BlankNode)}) == len({v for v in values if isinstance(v, BlankNode)})


def test_blank_nodes_of_two_records_are_never_the_same() -> None:
    text = f'<{THING.value}> <{TITLE.value}> _:c14n0 .\n_:c14n0 <{TITLE.value}> "x" .\n'
    graphs = [triples(compose_graph(record(iri), text)) for iri in ("http://a.example/1", "http://a.example/2")]
    first, second = ({t.object for t in graph if isinstance(t.object, BlankNode)} for graph in graphs)
    assert first
    assert second
    assert not first & second
    assert first == {t.subject for t in graphs[0] if isinstance(t.subject, BlankNode)}


def test_the_catalogue_record_says_who_when_and_for_whom() -> None:
    graph = {(t.subject.value, t.predicate.value): t.object.value for t in triples(compose_graph(record(), ""))}
    node = record().graph
    assert graph[node, "http://xmlns.com/foaf/0.1/primaryTopic"] == THING.value
    assert graph[node, "http://purl.org/dc/terms/creator"] == 'an "actor"\\'
    assert graph[node, "http://purl.org/dc/terms/modified"] == "2026-01-15T09:30:00Z"
    assert graph[node, "https://w3id.org/spacecat/ns#visibility"] == "members"


def test_an_operators_working_graph_gets_nothing_added() -> None:
    text = f'<{THING.value}> <{TITLE.value}> "x" .\n'
    assert compose_graph(record(kind=Kind.GRAPH), text) == text
