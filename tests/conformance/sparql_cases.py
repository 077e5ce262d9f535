"""Cases of the W3C SPARQL 1.1 suites that are files: queries, updates, data and expected results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import BNode, Node
from rdflib.term import Literal as RdfLiteral

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
_RESULT_FORMATS = {
    ".srx": QueryResultsFormat.XML,
    ".srj": QueryResultsFormat.JSON,
    ".tsv": QueryResultsFormat.TSV,
}
_RDF_FORMATS = {".ttl": RdfFormat.TURTLE, ".rdf": RdfFormat.RDF_XML, ".nt": RdfFormat.N_TRIPLES}


@dataclass(frozen=True)
class FileCase:
    """``data`` and ``expected_data`` are files by graph name; ``""`` names the default graph."""

    name: str
    kind: str
    action: Path
    data: dict[str, Path]
    result: Path | None
    expected_data: dict[str, Path]

    @property
    def text(self) -> str:
        return self.action.read_text(encoding="utf-8")

    @property
    def base(self) -> str:
        return self.action.as_uri()


def file_cases(suite: Path, folders: list[str]) -> list[FileCase]:
    return [case for folder in folders for case in _manifest(suite / folder / "manifest.ttl")]


def _manifest(path: Path) -> Iterator[FileCase]:
    manifest = Graph().parse(path, format="turtle", publicID=path.as_uri())
    for head in manifest.objects(None, MF.entries):
        for node in Collection(manifest, head):
            kind = str(manifest.value(node, RDF.type)).rpartition("#")[2]
            yield _case(manifest, node, kind, path.parent.name)


def _case(manifest: Graph, node: Node, kind: str, folder: str) -> FileCase:
    action, result = manifest.value(node, MF.action), manifest.value(node, MF.result)
    asked = manifest.value(action, QT["query"]) or manifest.value(action, UT.request) or action
    simple = isinstance(result, URIRef)
    return FileCase(
        name=f"{folder}/{str(node).rpartition('#')[2]}",
        kind=kind,
        action=_path(asked),
        data=_data(manifest, action),
        result=_path(result) if simple else None,
        expected_data={} if simple else _data(manifest, result),
    )


def _data(manifest: Graph, of: Node | None) -> dict[str, Path]:
    if not isinstance(of, BNode):
        return {}
    default = manifest.value(of, QT.data) or manifest.value(of, UT.data)
    found = {"": _path(default)} if default else {}
    for data in manifest.objects(of, QT.graphData):
        found[str(data)] = _path(data)
    for data in manifest.objects(of, UT.graphData):
        found[str(manifest.value(data, RDFS.label))] = _path(manifest.value(data, UT.graph))
    return found


def _path(node: Node | None) -> Path:
    return Path(str(node).removeprefix("file://"))


def triples(path: Path) -> str:
    """Return a data file as N-Triples."""
    quads = parse(path=path, format=_RDF_FORMATS[path.suffix], base_iri=path.as_uri())
    return "".join(f"{quad.triple} .\n" for quad in quads)


def canonical(content: str | bytes, form: RdfFormat = RdfFormat.N_TRIPLES) -> Dataset:
    """Return a graph in a form that is equal for isomorphic ones."""
    dataset = Dataset(parse(content, format=form))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def by_value(term: Any) -> Any:
    """Write a number as its value: the suites leave the lexical form open, and the engine writes its own."""
    if not isinstance(term, Literal):
        return term
    name = term.datatype.value.rpartition("#")[2]
    try:
        if name in ("float", "double"):
            return Literal(repr(float(term.value)), datatype=term.datatype)
        if name == "boolean":
            return Literal(term.value in ("1", "true"))
        if name in ("decimal", "integer"):
            return Literal(str(Decimal(term.value).normalize()), datatype=term.datatype)
    except ArithmeticError:
        return term
    return term


def canonical_rows(results: QuerySolutions | QueryBoolean) -> Dataset | bool:
    """Return rows, whatever their order, in a form that is equal for equal results."""
    if isinstance(results, QueryBoolean):
        return bool(results)
    names = [variable.value for variable in results.variables]
    dataset = Dataset()
    for number, row in enumerate(results):
        node = BlankNode(f"row{number}")
        dataset.add(Quad(node, NamedNode("urn:row"), Literal("")))
        for name, term in zip(names, row, strict=True):
            if term is not None:
                dataset.add(Quad(node, NamedNode(f"urn:name:{name}"), by_value(term)))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def expected_rows(path: Path) -> Dataset | bool:
    """Read a result file in any of the forms that the suites use."""
    if path.suffix in _RESULT_FORMATS:
        return canonical_rows(parse_query_results(path.read_bytes(), _RESULT_FORMATS[path.suffix]))
    graph = Graph().parse(path, publicID=path.as_uri())
    (result,) = graph.subjects(RDF.type, RS.ResultSet)
    truth = graph.value(result, RS.boolean)
    if isinstance(truth, RdfLiteral):
        return bool(truth.toPython())
    dataset = Dataset()
    for number, solution in enumerate(graph.objects(result, RS.solution)):
        node = BlankNode(f"row{number}")
        dataset.add(Quad(node, NamedNode("urn:row"), Literal("")))
        for binding in graph.objects(solution, RS.binding):
            name, value = graph.value(binding, RS.variable), graph.value(binding, RS.value)
            assert value is not None
            (quad,) = parse(f"<urn:s> <urn:p> {value.n3()} .", format=RdfFormat.TURTLE)
            dataset.add(Quad(node, NamedNode(f"urn:name:{name}"), by_value(quad.object)))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def is_result_set(path: Path) -> bool:
    """Say whether a result file holds rows (or a boolean) rather than a graph."""
    return path.suffix in _RESULT_FORMATS or "ResultSet" in path.read_text(encoding="utf-8")
