"""The reference engine: pySHACL over rdflib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyshacl
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse
from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.collection import Collection
from rdflib.term import Node

from ontology.namespaces import XSD
from shapes.report import Result, messages_of, severity_name

NAME = "pyshacl"

_MAX_DEPTH = 200
_SUFFIXES = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}


class ShapesInvalidError(ValueError):
    """The shapes graph is ill-formed or uses what no engine here supports; ``reason`` is pySHACL's account."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReferenceShapes:
    """A shapes graph in N-Triples for pySHACL."""

    def __init__(self, ntriples: str) -> None:
        self._graph = Graph().parse(data=ntriples, format="nt")

    def require_wellformed(self) -> None:
        """Check the shapes against the shapes of SHACL itself, and try them on nothing.

        Takes 0.7 to 2.5 s. Raises :class:`ShapesInvalidError`.
        """
        self._validate(Graph(), thorough=True)

    def check(self, ntriples: str, messages: Mapping[str, dict[str, str]]) -> list[Result]:
        """Return what is wrong with a data graph; ``messages`` are those of the shapes, by shape IRI.

        Raises :class:`ShapesInvalidError`.
        """
        report = self._validate(to_rdflib(quad.triple for quad in parse(ntriples, format=RdfFormat.N_TRIPLES)))
        return [_result(report, node, messages) for node in report.objects(predicate=SH.result, unique=True)]

    def _validate(self, data: Graph, *, thorough: bool = False) -> Graph:
        try:
            _, report, _ = pyshacl.validate(
                data,
                shacl_graph=self._graph,
                inplace=True,
                max_validation_depth=_MAX_DEPTH,
                meta_shacl=thorough,
                advanced=thorough,
            )
        except Exception as error:  # pySHACL lets the errors of all its parts through
            raise ShapesInvalidError(str(error)) from error
        if not isinstance(report, Graph):
            raise ShapesInvalidError(str(report))
        return report


def to_rdflib(triples: Iterable[Triple]) -> Graph:
    """Return the triples as an rdflib graph, literals as written and blank nodes under their names."""
    graph = Graph()
    for triple in triples:
        graph.add((_rdflib_term(triple.subject), URIRef(triple.predicate.value), _rdflib_term(triple.object)))
    return graph


def _rdflib_term(term: NamedNode | BlankNode | Literal | Triple) -> Node:
    if isinstance(term, NamedNode):
        return URIRef(term.value)
    if isinstance(term, BlankNode):
        return BNode(term.value)
    if isinstance(term, Triple):
        raise ShapesInvalidError("triple term")
    if term.language:
        return RdflibLiteral(term.value, lang=term.language.lower())
    datatype = None if term.datatype.value == XSD + "string" else URIRef(term.datatype.value)
    return RdflibLiteral(term.value, datatype=datatype, normalize=False)


def _result(report: Graph, node: Node, messages: Mapping[str, dict[str, str]]) -> Result:
    shape = report.value(node, SH.sourceShape)
    iri = str(shape) if isinstance(shape, URIRef) else ""
    texts = [text for text in report.objects(node, SH.resultMessage) if isinstance(text, RdflibLiteral)]
    path = report.value(node, SH.resultPath)
    component = str(report.value(node, SH.sourceConstraintComponent))
    return Result(
        focus=_text(report.value(node, SH.focusNode)),
        path="" if path is None else str(path) if isinstance(path, URIRef) else render_path(report, path),
        value=_text(report.value(node, SH.value)),
        severity=severity_name(str(report.value(node, SH.resultSeverity))),
        component=component,
        shape=iri,
        messages=messages_of(iri, component, messages) or {text.language or "": str(text) for text in texts},
    )


def _text(term: Node | None) -> str:
    if term is None:
        return ""
    if isinstance(term, BNode):
        return f"_:{term}"
    if not isinstance(term, RdflibLiteral):
        return str(term)
    if term.language:
        return str(Literal(str(term), language=term.language))
    return str(Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None))


def render_path(graph: Graph, path: Node) -> str:
    """Return a property path as SPARQL writes it."""
    if isinstance(path, URIRef):
        return f"<{path}>"
    if (path, RDF.first, None) in graph:
        return "(" + "/".join(render_path(graph, step) for step in Collection(graph, path)) + ")"
    inverse = graph.value(path, SH.inversePath)
    if inverse is not None:
        return "^" + render_path(graph, inverse)
    options = graph.value(path, SH.alternativePath)
    if options is not None:
        return "(" + "|".join(render_path(graph, option) for option in Collection(graph, options)) + ")"
    for predicate, suffix in _SUFFIXES.items():
        inner = graph.value(path, predicate)
        if inner is not None:
            return "(" + render_path(graph, inner) + ")" + suffix
    return ""
