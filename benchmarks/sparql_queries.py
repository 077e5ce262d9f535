"""Ten queries of different kinds, and a large one, over the records of ``benchmarks.synthetic``."""

from __future__ import annotations

from dataclasses import dataclass

PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
"""


@dataclass(frozen=True)
class Query:
    name: str
    text: str
    rounds: int = 30


def queries(iri: str, graph: str) -> list[Query]:
    """Return the queries; ``iri`` is a dataset and ``graph`` its record."""
    return [
        Query("look-up", f"SELECT ?p ?o {{ <{iri}> ?p ?o }}", 100),
        Query("one graph", f"SELECT ?s ?p ?o {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", 100),
        Query("description", f"DESCRIBE <{iri}>", 100),
        Query(
            "construct",
            PREFIXES + f"CONSTRUCT {{ <{iri}> ?p ?o . ?o ?q ?v }} WHERE {{ <{iri}> ?p ?o OPTIONAL {{ ?o ?q ?v }} }}",
            100,
        ),
        Query(
            "newest",
            PREFIXES
            + "SELECT ?s ?when { ?r foaf:primaryTopic ?s ; dct:modified ?when } ORDER BY DESC(?when) ?s LIMIT 20",
            7,
        ),
        Query(
            "facet",
            PREFIXES
            + "SELECT ?theme (COUNT(DISTINCT ?s) AS ?n) { ?s a dcat:Dataset ; dcat:theme ?theme } GROUP BY ?theme",
            7,
        ),
        Query("count", PREFIXES + "SELECT (COUNT(*) AS ?n) { ?s a dcat:Dataset }", 30),
        Query(
            "join",
            PREFIXES
            + """SELECT ?publisher (COUNT(?d) AS ?n) {
                ?s dct:publisher ?publisher ; dcat:distribution ?d . ?d dct:format ?f
            } GROUP BY ?publisher""",
            5,
        ),
        Query(
            "text",
            PREFIXES + "SELECT ?s ?t { ?s a dcat:Dataset ; dct:title ?t FILTER(CONTAINS(STR(?t), 'soil')) }",
            7,
        ),
        Query(
            "path",
            PREFIXES + "SELECT ?f (COUNT(*) AS ?n) { ?s a dcat:Dataset ; dcat:distribution/dct:format ?f } GROUP BY ?f",
            7,
        ),
    ]


LARGE = Query("100,000 rows", "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 100000", 7)
