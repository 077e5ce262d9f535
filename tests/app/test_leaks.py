"""No surface shows an audience anything of what it may not see: every surface × every audience × every state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from catalog.catalogue import Catalogue
from catalog.identifiers import make_object_code
from catalog.model import Audience
from tests.app.conftest import BASE, VISIBLE, Ask, record_of

TRACES = {
    "id/dataset/supplier-audits": ["Supplier audit results", "供应商审核结果", "供应商审核结论", "MEMBERS-7"],
    "id/dataset/planned-recycling": ["Planned recycling data", "电池回收计划", "DRAFT-9"],
    "id/dataset/old-audits": ["Old audit results", "旧审核结果"],
    "id/dataset/old-prices": [],
}
"""What gives a record away, beside its IRI, its record and its object code. Nothing that is asked below holds any."""

EVERYTHING = "SELECT * WHERE { ?s ?p ?o }"
NAMED = "SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }"
COUNTED = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
WHOLE = "CONSTRUCT { ?s ?p ?o } WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
ANYTHING = "DESCRIBE ?s WHERE { ?s ?p ?o }"


def sparql(query: str, **parameters: str) -> str:
    return f"/sparql?query={quote(query)}" + "".join(f"&{key}={quote(value)}" for key, value in parameters.items())


SURFACES = [
    "/",
    "/?lang=zh",
    "/search",
    "/search?q=audit",
    "/search?q=%E5%AE%A1%E6%A0%B8",
    "/search?q=%E5%9B%9E%E6%94%B6",
    "/search?q=recycling+batteries&sort=modified",
    "/search?q=findings+withdrawn",
    "/search?publisher=" + quote(BASE + "id/participant/river-cells", safe=""),
    "/browse/theme",
    "/browse/publisher",
    "/browse/kind",
    "/status",
    "/suggest?q=s",
    "/suggest?q=sup",
    "/suggest?q=pl",
    "/suggest?q=%E4%BE%9B",
    "/term?iri=" + quote("http://publications.europa.eu/resource/authority/data-theme/ECON", safe=""),
    "/id/participant/river-cells",
    "/id/policy/open-terms",
    "/id/dataset/cell-footprint",
    "/id/participant/river-cells.ttl",
    "/record/{river}/neighbours",
    "/record/{river}/neighbours?lang=zh",
    "/record/{terms}/neighbours",
    "/api/v1/",
    "/api/v1/search",
    "/api/v1/search?q=audit&mode=keyword",
    "/api/v1/search?q=audit&mode=vector",
    "/api/v1/search?q=%E5%9B%9E%E6%94%B6&mode=hybrid",
    "/api/v1/suggest?q=su",
    "/api/v1/suggest?q=%E7%94%B5",
    "/api/v1/records?size=100",
    "/api/v1/records?state=withdrawn",
    "/api/v1/records/{river}",
    "/api/v1/records/{river}/neighbours",
    "/api/v1/records/{terms}/neighbours",
    "/api/v1/records/{footprint}/similar?size=20",
    "/api/v1/export?format=nquads",
    "/api/v1/export?format=trig",
    "/api/v1/export?format=turtle",
    "/api/v1/export?format=ckan",
    "/api/v1/status",
    sparql(EVERYTHING),
    sparql(NAMED),
    sparql(NAMED, format="csv"),
    sparql(COUNTED),
    sparql(WHOLE),
    sparql(ANYTHING),
]


def hidden_from(audience: Audience) -> list[str]:
    return [name for name in TRACES if name not in VISIBLE[audience]]


def traces(small_space: Catalogue, name: str) -> Iterator[str]:
    record = record_of(small_space, name)
    yield from (name, record.id, record.code or record.id, *TRACES[name])


def body(response: TestResponse) -> str:
    return "\n".join(f"{key}: {value}" for key, value in response.headers) + "\n" + response.get_data(as_text=True)


@pytest.fixture(scope="module")
def ids(small_space: Catalogue) -> dict[str, str]:
    return {
        "river": record_of(small_space, "id/participant/river-cells").id,
        "terms": record_of(small_space, "id/policy/open-terms").id,
        "footprint": record_of(small_space, "id/dataset/cell-footprint").id,
    }


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("surface", SURFACES)
def test_nothing_hidden_shows(
    small_space: Catalogue, ask: Ask, ids: dict[str, str], surface: str, audience: Audience
) -> None:
    path = re.sub(r"\{(river|terms|footprint)\}", lambda match: ids[match[1]], surface)
    response = ask(path, audience=audience, follow_redirects=True)
    assert response.status_code == 200
    shown = body(response)
    for name in hidden_from(audience):
        if name.startswith("id/dataset/old") and "state=withdrawn" in surface and name == "id/dataset/old-prices":
            continue  # its tombstone is public
        leaks = [trace for trace in traces(small_space, name) if trace in shown]
        if name == "id/dataset/old-audits" and audience is not Audience.PUBLIC and "/records?" in surface:
            continue  # members may know that it was withdrawn
        assert not leaks


ADDRESSES = [
    "/record/{id}",
    "/record/{id}.ttl",
    "/record/{id}/neighbours",
    "/{name}",
    "/{name}.jsonld",
    "/code/{code}",
    "/api/v1/records/{id}",
    "/api/v1/records/{id}/content",
    "/api/v1/records/{id}/neighbours",
    "/api/v1/records/{id}/similar",
    "/api/v1/identifiers/{code}",
    "/api/v1/identifiers/{alias}",
]
NOWHERE = {
    "id": "aaaaaaaaaaaaaaaa",
    "name": "id/dataset/nothing-here",
    "code": make_object_code("7", "91350100M000100Y43", "nothing"),
    "alias": "NONE-0",
}


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.MEMBERS])
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "name", ["id/dataset/supplier-audits", "id/dataset/planned-recycling", "id/dataset/old-audits"]
)
def test_what_is_hidden_answers_as_what_never_was(
    small_space: Catalogue, ask: Ask, address: str, name: str, audience: Audience
) -> None:
    if name not in hidden_from(audience) or (name.endswith("old-audits") and audience is Audience.MEMBERS):
        return
    record = record_of(small_space, name)
    alias = next(iter(small_space.ledger.aliases(record.graph)), "NONE-1")
    known = {"id": record.id, "name": name, "code": record.code or "", "alias": alias}
    accept = {"Accept": "text/turtle, text/html;q=0.5, application/json;q=0.4"}
    hidden = ask(address.format_map(known), audience=audience, headers=accept)
    nothing = ask(address.format_map(NOWHERE), audience=audience, headers=accept)
    assert hidden.status_code == nothing.status_code == 404 or address.endswith(("{alias}", "{code}"))
    assert anonymous(hidden, known) == anonymous(nothing, NOWHERE)


def anonymous(response: TestResponse, names: dict[str, str]) -> tuple[int, str]:
    text = body(response)
    for key, value in names.items():
        text = text.replace(value, f"<{key}>").replace(quote(value), f"<{key}>")
    return response.status_code, "\n".join(line for line in text.splitlines() if not line.startswith("Content-Length"))


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("clause", ["FROM <{graph}>", "FROM NAMED <{graph}>", "FROM <{graph}> FROM NAMED <{graph}>"])
@pytest.mark.parametrize("name", TRACES)
def test_naming_a_hidden_graph_in_a_query_finds_it_empty(
    small_space: Catalogue, ask: Ask, clause: str, name: str, audience: Audience
) -> None:
    graph = record_of(small_space, name).graph
    dataset = clause.format(graph=graph)
    query = f"ASK {dataset} {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    accept = {"Accept": "application/sparql-results+json"}
    answer = ask(sparql(query), audience=audience, headers=accept)
    assert answer.json["boolean"] is (name in VISIBLE[audience])  # type: ignore[index]
    ask_any = "ASK { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    for parameter in ("default-graph-uri", "named-graph-uri"):
        answer = ask(sparql(ask_any, **{parameter: graph}), audience=audience, headers=accept)
        assert answer.json["boolean"] is (name in VISIBLE[audience])  # type: ignore[index]


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_counts_are_of_what_the_audience_sees(ask: Ask, audience: Audience, mode: str) -> None:
    page = ask(f"/api/v1/search?mode={mode}&size=100", audience=audience).json
    assert page is not None
    assert page["total"] == len(page["hits"]) == len(VISIBLE[audience])
    kinds = next(facet for name, facet in facets(page) if name == "kind")
    assert sum(value["count"] for value in kinds) == page["total"]
    status = ask("/api/v1/status", audience=audience).json
    assert status is not None
    assert sum(status["counts"].values()) == len(VISIBLE[audience])


def facets(page: dict) -> Iterator[tuple[str, list[dict]]]:  # type: ignore[type-arg]
    for facet in page["facets"] if isinstance(page["facets"], list) else page["facets"].items():
        yield (facet["name"], facet["values"]) if isinstance(facet, dict) else facet


def test_the_traces_are_really_there_for_who_may_see_them(small_space: Catalogue, ask: Ask) -> None:
    shown = body(ask("/api/v1/export?format=nquads", audience=Audience.OPERATORS))
    for name in ("id/dataset/supplier-audits", "id/dataset/planned-recycling"):
        assert all(trace in shown for trace in traces(small_space, name) if not trace.startswith(("供", "电")))
