"""Writes a record as Turtle that people read: prefixes, blank nodes in place, the resource first.

Literals keep the lexical form in which they were submitted; a short form is used only where it means exactly that one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

from ontology.description import Description, Node, Term
from ontology.namespaces import PREFIXES, RDF, XSD

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_SHORT = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
    XSD + "boolean": re.compile(r"true|false"),
}
_MAX_DEPTH = 12
"""Levels of nesting after which a blank node is written on its own: what strangers nest has no end."""


def write_turtle(ntriples: str, first: Iterable[str] = (), graph: str | None = None) -> str:
    """Return N-Triples as Turtle, or as TriG within ``graph``; resources named by ``first`` come first."""
    body = _Body(Description.parse(ntriples), tuple(NamedNode(iri) for iri in first))
    text = "\n".join(body.blocks())
    prefixes = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in sorted(body.used))
    if graph is not None:
        text = f"<{graph}> {{\n{text}}}\n"
    return f"{prefixes}\n{text}" if prefixes else text


class _Body:
    """The statements as blocks, one for each subject that stands on its own; ``used`` gathers the prefixes."""

    def __init__(self, about: Description, first: tuple[NamedNode, ...]) -> None:
        self._about = about
        self._order = list(dict.fromkeys([node for node in first if node in about] + list(about.subjects())))
        objects = (v for node in about.subjects() for values in about.properties(node).values() for v in values)
        self._references = Counter(value for value in objects if isinstance(value, BlankNode))
        self._written: set[Node] = set()
        self.used: set[str] = set()

    def blocks(self) -> Iterator[str]:
        """Yield the blocks: named things first, then the blank nodes that no other block has taken in."""
        for alone in (True, False):
            for node in self._order:
                if node not in self._written and (not alone or not self._is_nested(node)):
                    self._written.add(node)
                    yield f"{self._term(node)} {self._properties(node, 1)} .\n"

    def _is_nested(self, node: Node) -> bool:
        return isinstance(node, BlankNode) and self._references[node] == 1

    def _properties(self, node: Node, depth: int) -> str:
        properties = sorted(self._about.properties(node).items(), key=lambda item: item[0] != RDF + "type")
        indent = " ;\n" + "    " * depth
        return indent.join(
            f"{self._predicate(iri)} {' , '.join(self._object(value, depth) for value in values)}"
            for iri, values in properties
        )

    def _object(self, value: Term, depth: int) -> str:
        if not isinstance(value, BlankNode) or self._references[value] != 1 or value in self._written:
            return self._term(value)
        if value not in self._about:
            return "[]"
        if depth >= _MAX_DEPTH:
            return self._term(value)
        self._written.add(value)
        indent = "    " * depth
        return f"[\n{indent}    {self._properties(value, depth + 1)}\n{indent}]"

    def _predicate(self, iri: str) -> str:
        return "a" if iri == RDF + "type" else self._iri(iri)

    def _term(self, term: Term) -> str:
        if isinstance(term, NamedNode):
            return self._iri(term.value)
        return self._literal(term) if isinstance(term, Literal) else str(term)

    def _literal(self, literal: Literal) -> str:
        datatype = literal.datatype.value
        if datatype in _SHORT and _SHORT[datatype].fullmatch(literal.value):
            return literal.value
        if literal.language or datatype == XSD + "string":
            return str(literal)
        return f"{Literal(literal.value)}^^{self._iri(datatype)}"

    def _iri(self, iri: str) -> str:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = _PREFIX_OF.get(iri[:cut])
        if prefix is None or not _LOCAL.fullmatch(iri[cut:]):
            return str(NamedNode(iri))
        self.used.add(prefix)
        return f"{prefix}:{iri[cut:]}"


_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
