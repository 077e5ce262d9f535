"""The reference engine: pySHACL over rdflib."""

from __future__ import annotations

import logging
import warnings
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

# Both print what here becomes an error or a result.
logging.getLogger("pyshacl-validate").disabled = True
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

_MAX_DEPTH = 200
_SUFFIXES = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}


class ShapesInvalidError(ValueError):
    """The shapes graph is ill-formed or uses what no engine here supports; ``reason`` is pySHACL's account."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReferenceShapes:
    """A shapes graph in N-Triples for pySHACL, with the prefixes that its SPARQL may use."""

    def __init__(self, ntriples: str, prefixes: Mapping[str, str]) -> None:
        self._graph = Graph().parse(data=ntriples, format="nt")
        # pySHACL does not look for declared prefixes as far as it should, but knows those of the data graph.
        self._prefixes = prefixes if (None, SH.prefixes, None) in self._graph else {}

    def require_supported(self) -> None:
        """Try the shapes on nothing. Raises :class:`ShapesInvalidError` if pySHACL cannot use them."""
        self._validate(Graph())

    def is_wellformed(self) -> bool:
        """Check the shapes against the shapes of SHACL itself; takes 0.7 to 2.5 s."""
        try:
            self._validate(Graph(), thorough=True)
        except ShapesInvalidError:
            return False
        return True

    def check(self, ntriples: str, messages: Mapping[str, dict[str, str]]) -> list[Result]:
        """Return what is wrong with a data graph; ``messages`` are those of the shapes, by shape IRI.

        Raises :class:`ShapesInvalidError`.
        """
        with warnings.catch_warnings():  # rdflib warns of ill-formed values, which here become results
            warnings.simplefilter("ignore", UserWarning)
            report = self._validate(to_rdflib(quad.triple for quad in parse(ntriples, format=RdfFormat.N_TRIPLES)))
        return [self._result(report, node, messages) for node in report.objects(predicate=SH.result, unique=True)]

    def _result(self, report: Graph, node: Node, messages: Mapping[str, dict[str, str]]) -> Result:
        shape = report.value(node, SH.sourceShape)
        iri = str(shape) if isinstance(shape, URIRef) else ""
        component = str(report.value(node, SH.sourceConstraintComponent))
        return Result(
            focus=render_term(report.value(node, SH.focusNode)),
            path=self._path(report.value(node, SH.resultPath), shape),
            value=render_term(report.value(node, SH.value)),
            severity=severity_name(str(report.value(node, SH.resultSeverity))),
            component=component,
            shape=iri,
            messages=messages_of(iri, component, messages) or self._own_messages(report, node, shape, component),
        )

    def _own_messages(self, report: Graph, node: Node, shape: Node | None, component: str) -> dict[str, str]:
        """Return the messages of the result, but not what pySHACL makes up where a core constraint has none."""
        if component.startswith(str(SH)) and component != str(SH.SPARQLConstraintComponent):
            texts = self._graph.objects(shape, SH.message)
        else:
            texts = report.objects(node, SH.resultMessage)
        return {text.language or "": str(text) for text in texts if isinstance(text, RdflibLiteral)}

    def _path(self, path: Node | None, shape: Node | None) -> str:
        """Render a path of more than one step as the shape has it: pySHACL copies deep ones only in part."""
        if path is None or isinstance(path, URIRef):
            return str(path or "")
        whole = self._graph.value(shape, SH.path)
        return render_path(self._graph, whole) if whole is not None else ""

    def _validate(self, data: Graph, *, thorough: bool = False) -> Graph:
        for prefix, namespace in self._prefixes.items():
            data.bind(prefix, namespace)
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


def render_term(term: Node | None) -> str:
    """Return a term as :class:`~shapes.report.Result` holds it; empty for none."""
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
