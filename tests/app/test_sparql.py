"""The SPARQL endpoint as clients of the protocol meet it."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from pyoxigraph import RdfFormat, parse

from catalog.catalogue import Catalogue
from catalog.model import Audience, Visibility
from tests.app.conftest import BASE, Ask, asking, put, record_of

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <http://www.w3.org/ns/dcat#Dataset> }"
JSON = "application/sparql-results+json"


def count(ask: Ask, audience: Audience = Audience.PUBLIC) -> int:
    response = ask("/sparql", audience=audience, query_string={"query": COUNT}, headers={"Accept": JSON})
    return int(json.loads(response.data)["results"]["bindings"][0]["n"]["value"])


# Queries


def test_a_query_comes_in_three_ways(ask: Ask) -> None:
    answers = [
        ask("/sparql", query_string={"query": "ASK {}"}),
        ask("/sparql", method="POST", data={"query": "ASK {}"}),
        ask("/sparql", method="POST", data="ASK {}", content_type="application/sparql-query"),
        ask("/sparql", method="POST", data="ASK {}", content_type="application/sparql-query; charset=utf-8"),
    ]
    assert [(answer.status_code, answer.json) for answer in answers] == [(200, {"head": {}, "boolean": True})] * 4
    assert {answer.content_type for answer in answers} == {JSON}


def test_each_audience_gets_its_own_answer(ask: Ask) -> None:
    assert [count(ask, audience) for audience in Audience] == [2, 3, 4]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.4", "text/csv; charset=utf-8"),
        ("text/tab-separated-values, text/html;q=0.9", "text/tab-separated-values; charset=utf-8"),
        ("application/json", JSON),
        ("text/turtle, application/xml", "application/sparql-results+xml"),
    ],
)
def test_rows_come_in_the_format_preferred(ask: Ask, accept: str, expected: str) -> None:
    answer = ask("/sparql", query_string={"query": "SELECT * { ?s ?p ?o } LIMIT 2"}, headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, expected)
    assert answer.data


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/turtle; charset=utf-8"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json;q=0.9, text/turtle;q=0.8", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("application/n-triples", "application/n-triples"),
    ],
)
def test_triples_come_in_the_format_preferred(ask: Ask, accept: str, expected: str) -> None:
    query = "CONSTRUCT WHERE { ?s a ?o }"
    answer = ask("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, expected)


@pytest.mark.parametrize(
    ("name", "expected"), [("csv", "text/csv"), ("xml", "application/sparql-results+xml"), (JSON, JSON)]
)
def test_the_format_can_be_named(ask: Ask, name: str, expected: str) -> None:
    answer = ask("/sparql", query_string={"query": COUNT, "format": name}, headers={"Accept": "text/html"})
    assert answer.mimetype == expected
    unknown = ask("/sparql", query_string={"query": COUNT, "format": "pdf"}, headers={"Accept": "application/json"})
    assert (unknown.status_code, unknown.json and unknown.json["code"]) == (400, "format-unknown")


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"query_string": {"query": "SELECT"}}, 400, "query-syntax"),
        ({"query_string": {"update": "CLEAR ALL"}}, 400, "parameter-out-of-place"),
        ({"query_string": [("query", "ASK {}"), ("query", "ASK {}")]}, 400, "parameter-repeated"),
        ({"query_string": {"query": "ASK {}"}, "headers": {"Accept": "image/png"}}, 406, "not-acceptable"),
        ({"query_string": {"query": "ASK {}", "default-graph-uri": "no iri"}}, 400, "graph-iri-invalid"),
        ({"method": "POST", "data": {"nothing": "x"}}, 400, "query-or-update"),
        ({"method": "POST", "data": {"query": "ASK {}", "update": "CLEAR ALL"}}, 400, "query-or-update"),
        ({"method": "POST", "data": "ASK {}", "content_type": "text/plain"}, 415, "media-type-unsupported"),
        ({"method": "POST", "data": "ASK {}"}, 415, "media-type-unsupported"),
        ({"method": "POST", "data": b"ASK { \xff }", "content_type": "application/sparql-query"}, 400, "not-utf-8"),
        (
            {"method": "POST", "data": "query=ASK%20%7B%FF%7D", "content_type": "application/x-www-form-urlencoded"},
            400,
            "not-utf-8",
        ),
        ({"method": "PUT", "data": "ASK {}"}, 405, "method-not-allowed"),
        ({"query_string": {"query": "ASK { SERVICE <http://localhost/> { } }"}}, 403, "remote-refused"),
        ({"method": "POST", "data": {"update": "CLEAR ALL"}}, 401, "token-missing"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(ask: Ask, request_: dict[str, object], status: int, code: str) -> None:
    answer = ask("/sparql", **request_)
    assert answer.mimetype == "application/problem+json"
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)
    assert answer.json
    assert answer.json["detail"] not in ("", code.replace("-", " "))


def test_a_query_may_be_long_and_not_endless(ask: Ask) -> None:
    answer = ask("/sparql", method="POST", data={"query": "ASK {} #" + "x" * 2_000_000})
    assert answer.status_code == 200
    answer = ask("/sparql", method="POST", data="ASK {} #" + "x" * 10_000_000, content_type="application/sparql-query")
    assert answer.status_code == 413


def test_the_dataset_can_be_chosen(ask: Ask, small_space: Catalogue) -> None:
    graph = record_of(small_space, "id/dataset/tram-delays").graph
    asked = [("query", COUNT), ("default-graph-uri", graph)]
    answer = ask("/sparql", query_string=asked, headers={"Accept": JSON})
    assert json.loads(answer.data)["results"]["bindings"][0]["n"]["value"] == "1"


def test_scripts_of_other_sites_may_read(ask: Ask) -> None:
    for answer in (
        ask("/sparql", query_string={"query": "ASK {}"}, headers={"Origin": "https://example.org"}),
        ask("/sparql", query_string={"query": "ASK"}, headers={"Origin": "https://example.org"}),
        ask("/sparql", method="OPTIONS", headers={"Origin": "https://example.org"}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_result_too_long_is_an_error_or_breaks_off(ask: Ask, small_space: Catalogue) -> None:
    values = " ".join(map(str, range(1100)))
    text = f"SELECT * {{ VALUES ?x {{ {values} }} VALUES ?y {{ {values} }} }}"
    answer = ask("/sparql", method="POST", data={"query": text, "format": "tsv"}, buffered=False)
    assert answer.status_code == 200
    received: list[bytes] = []
    with pytest.raises(Exception, match="row-limit"):
        received.extend(answer.response)
    assert len(received) > 10
    assert b"!!! cut short: row-limit" in received[-1]


def test_a_browser_gets_the_page_and_a_program_the_description(ask: Ask) -> None:
    page = ask("/sparql", headers={"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    described = ask("/sparql")
    assert (described.status_code, described.mimetype) == (200, "text/turtle")
    service = "http://www.w3.org/ns/sparql-service-description#"
    objects = {str(quad.object) for quad in parse(described.data, format=RdfFormat.TURTLE)}
    assert {f"<{service}Service>", f"<{service}UnionDefaultGraph>", f"<{service}SPARQL11Query>"} <= objects
    xml = ask("/sparql", headers={"Accept": "application/rdf+xml"})
    assert list(parse(xml.data, format=RdfFormat.RDF_XML))


# Updates


def update(site: Flask, text: str, audience: Audience = Audience.OPERATORS, **more: str) -> int:
    return asking(site)("/sparql", audience=audience, method="POST", data={"update": text, **more}).status_code


def test_updates_are_for_operators(fresh_site: Flask) -> None:
    text = "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 } }"
    assert [update(fresh_site, text, audience) for audience in Audience] == [401, 403, 204]
    direct = asking(fresh_site)(
        "/sparql", audience=Audience.OPERATORS, method="POST", data=text, content_type="application/sparql-update"
    )
    assert direct.status_code == 204


def test_an_update_is_seen_by_the_next_query(fresh_site: Flask) -> None:
    ask = asking(fresh_site)
    for number in range(3):
        assert update(fresh_site, f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:s{number}> a <urn:C> }} }}") == 204
        query = "SELECT ?s { GRAPH <urn:g> { ?s a <urn:C> } }"
        answer = ask("/sparql", audience=Audience.OPERATORS, query_string={"query": query, "format": "tsv"})
        assert answer.data.count(b"\n") == number + 2
        assert ask("/sparql", query_string={"query": query, "format": "tsv"}).data.count(b"\n") == 1
    assert update(fresh_site, "DROP GRAPH <urn:g>") == 204
    assert b"true" not in ask("/sparql", audience=Audience.OPERATORS, query_string={"query": "ASK { ?s ?p ?o }"}).data


def test_an_update_revises_records(fresh_site: Flask, fresh_space: Catalogue) -> None:
    ask = asking(fresh_site)
    record = put(fresh_space, "id/dataset/a", Visibility.MEMBERS)
    title = "<http://purl.org/dc/terms/title>"
    changed = f"DELETE {{ GRAPH ?g {{ ?s {title} ?t }} }} INSERT {{ GRAPH ?g {{ ?s {title} 'New'@en }} }}"
    assert update(fresh_site, changed + f" WHERE {{ GRAPH ?g {{ ?s {title} ?t }} }}") == 204
    revised = record_of(fresh_space, "id/dataset/a")
    assert (revised.visibility, revised.code, revised.source) == (record.visibility, record.code, record.source)
    assert revised.hash != record.hash
    for audience, status in ((Audience.PUBLIC, 404), (Audience.MEMBERS, 200)):
        answer = ask("/id/dataset/a", audience=audience, headers={"Accept": "text/turtle"}, follow_redirects=True)
        assert answer.status_code == status
    assert '"New"@en' in answer.text
    assert update(fresh_site, f"DROP GRAPH <{record.graph}>") == 204
    assert record_of(fresh_space, "id/dataset/a").withdrawn is not None


def test_an_update_that_spoils_a_record_changes_nothing(fresh_site: Flask, fresh_space: Catalogue) -> None:
    record = put(fresh_space, "id/dataset/a", Visibility.PUBLIC)
    text = f"""
    PREFIX dct: <http://purl.org/dc/terms/>
    INSERT DATA {{ GRAPH <urn:g> {{ <urn:s> <urn:p> 1 }} }} ;
    DROP GRAPH <{record.graph}> ;
    INSERT DATA {{
        GRAPH <{record.graph}> {{ <http://example.org/b> a <http://www.w3.org/ns/dcat#Dataset> ; dct:title "B"@en }}
    }}
    """
    assert update(fresh_site, text) == 409
    assert record_of(fresh_space, "id/dataset/a") == record
    query = {"query": "ASK { <urn:s> ?p ?o }"}
    assert b"false" in asking(fresh_site)("/sparql", audience=Audience.OPERATORS, query_string=query).data


def test_a_foreign_site_cannot_update(fresh_site: Flask) -> None:
    answer = asking(fresh_site)(
        "/sparql",
        audience=Audience.OPERATORS,
        method="POST",
        data={"update": "CLEAR ALL"},
        headers={"Origin": "https://example.org"},
    )
    assert answer.status_code == 403


def test_the_base_is_where_records_are(ask: Ask) -> None:
    query = f"SELECT ?s {{ ?s a <http://www.w3.org/ns/dcat#Dataset> FILTER(STRSTARTS(STR(?s), '{BASE}')) }}"
    assert ask("/sparql", query_string={"query": query, "format": "csv"}).data.count(b"\r\n") == 3
