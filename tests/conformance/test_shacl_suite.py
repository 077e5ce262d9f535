"""The W3C SHACL test suite, through the entry point that chooses the engine, whole reports compared."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import RDF, SH, BNode, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from shapes.reference import render_path, render_term, to_rdflib
from shapes.report import Result, severity_name
from shapes.validate import ShapesInvalidError, validate_with
from tests.conformance.shared import SHARED, require_shared

pytestmark = pytest.mark.conformance

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
SUITE = "conformance/shacl-tests/test/resources/sht_tests"

KNOWN_FAILURES = {
    "sparql/pre-binding/shapesGraph-001": "pySHACL, which must accept the shapes first, does not know $shapesGraph",
}
"""The cases that fail, with the reason; docs/shapes.md lists the same."""


@dataclass(frozen=True)
class Case:
    """One case: IRIs of its documents, and what is expected (None where the shapes must be refused)."""

    name: str
    shapes: str
    data: str
    expected: tuple[bool, Counter[tuple[str, ...]]] | None


def load(iri: str) -> Graph:
    return to_rdflib(quad.triple for quad in parse(text(iri), format=RdfFormat.TURTLE, base_iri=iri))


def text(iri: str) -> str:
    return Path(url2pathname(urlparse(iri).path)).read_text(encoding="utf-8")


def iter_cases(manifest: str):
    graph = load(manifest)
    for included in graph.objects(predicate=MF.include):
        yield from iter_cases(str(included))
    for entries in graph.objects(predicate=MF.entries):
        for entry in Collection(graph, entries):
            if (entry, RDF.type, SHT.Validate) in graph:
                yield case(graph, entry)


def case(graph: Graph, entry: Node) -> Case:
    action = graph.value(entry, MF.action)
    result = graph.value(entry, MF.result)
    return Case(
        name="/".join(str(entry).split("/")[-3:]),
        shapes=str(graph.value(action, SHT.shapesGraph)),
        data=str(graph.value(action, SHT.dataGraph)),
        expected=None if result == SHT.Failure else expectation(graph, result),
    )


def expectation(graph: Graph, report: Node) -> tuple[bool, Counter[tuple[str, ...]]]:
    conforms = str(graph.value(report, SH.conforms)) == "true"
    return conforms, Counter(expected_key(graph, node) for node in graph.objects(report, SH.result))


def expected_key(graph: Graph, node: Node) -> tuple[str, ...]:
    path, shape = graph.value(node, SH.resultPath), graph.value(node, SH.sourceShape)
    return anonymous(
        render_term(graph.value(node, SH.focusNode)),
        str(path) if isinstance(path, URIRef) else "" if path is None else render_path(graph, path),
        render_term(graph.value(node, SH.value)),
        str(graph.value(node, SH.sourceConstraintComponent)),
        severity_name(str(graph.value(node, SH.resultSeverity))),
        "" if shape is None or isinstance(shape, BNode) else str(shape),
    )


def found_key(result: Result) -> tuple[str, ...]:
    return anonymous(*result.key, result.shape)


def anonymous(*parts: str) -> tuple[str, ...]:
    return tuple("_:" if part.startswith("_:") else part for part in parts)


CASES = list(iter_cases((SHARED / SUITE / "manifest.ttl").as_uri())) if (SHARED / SUITE).exists() else []


def test_the_suite_is_there():
    require_shared(SUITE)
    assert len(CASES) == 121


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_w3c_shacl(case: Case):
    passed = outcome(case) == case.expected
    assert passed == (case.name not in KNOWN_FAILURES), KNOWN_FAILURES.get(case.name, "")


def test_the_documentation_lists_the_failures():
    documentation = (Path(__file__).parents[2] / "docs" / "shapes.md").read_text(encoding="utf-8")
    assert [name for name in KNOWN_FAILURES if f"`{name}`" not in documentation] == []


def outcome(case: Case) -> tuple[bool, Counter[tuple[str, ...]]] | None:
    try:
        report = validate_with(text(case.shapes), text(case.data), shapes_base=case.shapes, data_base=case.data)
    except ShapesInvalidError:
        return None
    return report.conforms, Counter(found_key(result) for result in report.results)
