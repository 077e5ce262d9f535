"""Cases of the W3C suites that are written as HTTP requests (``ht:Connection``), and a client that plays them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.term import Node

from catalog.model import Audience
from tests.app.conftest import Ask

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
STATUS = {"Created": 201, "OK": 200, "NoContent": 204, "NotFound": 404}


@dataclass(frozen=True)
class Case:
    name: str
    manifest: Graph
    node: Node


def cases(manifest: Path, kind: URIRef) -> list[Case]:
    graph = Graph().parse(manifest, format="turtle", publicID=manifest.as_uri())
    return [Case(str(node).rpartition("#")[2], graph, node) for node in sorted(graph.subjects(RDF.type, kind), key=str)]


def play(case: Case, ask: Ask, path: str) -> None:
    """Send the requests of a case to ``path``, in order, as an operator; each answer must be as expected."""
    variables: dict[str, str] = {}
    connection = case.manifest.value(case.node, MF.action)
    for request in _list(case.manifest, connection, HT.requests):
        _exchange(case.manifest, request, ask, path, variables)


def _exchange(manifest: Graph, request: Node, ask: Ask, path: str, variables: dict[str, str]) -> None:
    address = str(manifest.value(request, HT.absolutePath))
    for name, value in variables.items():
        address = address.replace(name, quote(value, safe=""))
    query = address.partition("?")[2]
    given = dict(_headers(manifest, request))
    answer = ask(
        path + ("?" + query if query else ""),
        audience=Audience.OPERATORS,
        method=str(manifest.value(request, HT.methodName)),
        headers={name: value for name, value in given.items() if name != "content-type"},
        data=_body(manifest, request, given.get("content-type", "")),
        content_type=given.get("content-type"),
    )
    response = manifest.value(request, HT.resp)
    expected = list(manifest.objects(response, MF.expectedStatus))
    assert any(_matches(status, answer.status_code) for status in expected), (answer.status, answer.text, expected)
    location = manifest.value(response, MF.expectedLocation)
    if location is not None:
        variables[str(location)] = answer.headers["Location"]
    truth = manifest.value(response, MF.expectedBoolean)
    if truth is not None:
        assert answer.json is not None
        assert answer.json["boolean"] is truth.toPython()  # type: ignore[attr-defined]
    _check_format(manifest, response, str(answer.mimetype))
    body = _body(manifest, response, "")
    if body:
        received = Graph().parse(data=answer.data, format=answer.mimetype)
        assert isomorphic(received, Graph().parse(data=body, format="turtle"))


def _check_format(manifest: Graph, response: Node | None, media_type: str) -> None:
    form = manifest.value(response, MF.expectedFormat)
    if form is not None:
        rdf = media_type in ("text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json")
        assert rdf == (str(form) == "RDF"), media_type
    for name, value in _headers(manifest, response):
        if name == "content-type":
            assert media_type == value.partition(";")[0]


def _matches(expected: Node, status: int) -> bool:
    name = str(expected).rpartition("#")[2]
    return str(status)[0] + "xx" == name[-3:] if name.startswith("StatusCode") else STATUS[name] == status


def _headers(manifest: Graph, of: Node | None) -> Iterator[tuple[str, str]]:
    for header in _list(manifest, of, HT.headers):
        name, value = manifest.value(header, HT.fieldName), manifest.value(header, HT.fieldValue)
        yield str(name).lower(), str(value)


def _body(manifest: Graph, of: Node | None, media_type: str) -> bytes:
    body = manifest.value(of, HT.body)
    if body is None:
        return b""
    text = manifest.value(body, CNT.chars)
    encoding = manifest.value(body, CNT.characterEncoding)
    assert isinstance(text, Literal)
    return str(text).encode(str(encoding or "utf-8"))


def _list(manifest: Graph, of: Node | None, prop: URIRef) -> list[Node]:
    head = manifest.value(of, prop)
    return list(Collection(manifest, head)) if head is not None else []
