"""Whether the fast engine may be trusted with a shapes graph.

The fast engine is equal to pySHACL on every shapes graph and record it was compared on, except where a shapes graph
uses what is listed here or is ill-formed: it is then too kind. ``docs/shapes.md`` tells how this was found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ontology.namespaces import OWL, RDF, SH

MAX_DEPTH = 48
"""Shapes nested deeper than this go to pySHACL."""

INEXACT_DATATYPES = (
    "http://www.w3.org/2001/XMLSchema#hexBinary",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral",
)
"""Datatypes whose values the two engines compare differently: shapes that hold such literals go to pySHACL.

So do data that hold them where a shape may ask for the datatype, or which value is less (:func:`compared`).
"""

_KNOWN = re.compile(
    "and|ask|class|closed|construct|datatype|deactivated|declare|defaultValue|description|disjoint|equals|flags|group|"
    "hasValue|ignoredProperties|in|labelTemplate|languageIn|lessThan|lessThanOrEquals|maxCount|maxExclusive|"
    "maxInclusive|maxLength|message|minCount|minExclusive|minInclusive|minLength|name|namespace|node|nodeKind|"
    "nodeValidator|not|optional|or|order|parameter|pattern|prefix|prefixes|property|propertyValidator|"
    "qualifiedMaxCount|qualifiedMinCount|qualifiedValueShape|qualifiedValueShapesDisjoint|select|severity|shapesGraph|"
    "sparql|targetClass|targetNode|targetObjectsOf|targetSubjectsOf|uniqueLang|validator|xone|"
    # paths
    "path|alternativePath|inversePath|oneOrMorePath|zeroOrMorePath|zeroOrOnePath|"
    # reports, which test suites keep beside their shapes
    "conforms|detail|focusNode|result|resultMessage|resultPath|resultSeverity|sourceConstraint|"
    "sourceConstraintComponent|sourceShape|value"
)
_ORDERS = (SH + "lessThan", SH + "lessThanOrEquals")
_QUERIES = (SH + "select", SH + "ask")
_SEVERITIES = frozenset(SH + name for name in ("Info", "Warning", "Violation"))
_LINKS = tuple(SH + name for name in ("node", "property", "not", "qualifiedValueShape"))
_LISTS = tuple(SH + name for name in ("and", "or", "xone"))
_UNSUPPORTED_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9]")

Term = NamedNode | BlankNode | Literal
Statements = dict[Term, dict[str, list[Term]]]


def objection(shapes: Iterable[Triple]) -> str | None:
    """Return why only pySHACL may check with these shapes, or None if the fast engine may.

    The answer names a feature (``severity``, ``recursion``, ``sh:rule`` …) and is meant for logs and tests.
    """
    statements: Statements = defaultdict(lambda: defaultdict(list))
    for triple in shapes:
        statements[triple.subject][triple.predicate.value].append(triple.object)  # type: ignore[index,arg-type]
    for properties in statements.values():
        found = _objection_to(properties)
        if found:
            return found
    return _nesting(statements)


def compared(shapes: Iterable[Triple]) -> frozenset[str] | None:
    """Return the properties between whose values the shapes ask for an order, or None if any value may be compared.

    Any may be where a shape asks for one of :data:`INEXACT_DATATYPES`, by SPARQL, or for the order along a path.
    """
    found: set[str] = set()
    ordered: set[Term] = set()
    paths: dict[Term, Term] = {}
    for triple in shapes:
        subject, predicate, value = triple.subject, triple.predicate.value, triple.object
        if predicate in _QUERIES or (isinstance(value, NamedNode) and value.value in INEXACT_DATATYPES):
            return None
        if predicate == SH + "path":
            paths[subject] = value  # type: ignore[index,assignment]
        elif predicate in _ORDERS:
            ordered.add(subject)  # type: ignore[arg-type]
            found.add(value.value)  # type: ignore[union-attr]
    steps = [paths.get(shape) for shape in ordered]
    simple = {step.value for step in steps if isinstance(step, NamedNode)}
    return frozenset(found | simple) if all(isinstance(step, NamedNode) for step in steps) else None


def _objection_to(properties: dict[str, list[Term]]) -> str | None:
    for predicate, values in properties.items():
        if predicate.startswith(SH) and not _KNOWN.fullmatch(predicate.removeprefix(SH)):
            return "sh:" + predicate.removeprefix(SH)
        if any(isinstance(value, Literal) and value.datatype.value in INEXACT_DATATYPES for value in values):
            return "datatype"
    if _iris(properties, SH + "severity") - _SEVERITIES:
        return "severity"
    if OWL + "Class" in _iris(properties, RDF + "type"):
        return "owl:Class"
    if _texts(properties, SH + "deactivated") - {"true", "false"}:
        return "sh:deactivated"
    return _objection_to_text(properties) or _incomplete_qualified(properties)


def _objection_to_text(properties: dict[str, list[Term]]) -> str | None:
    if any("x" in flags or "q" in flags for flags in _texts(properties, SH + "flags")):
        return "sh:flags"
    texts = _texts(properties, SH + "pattern") | _texts(properties, SH + "select") | _texts(properties, SH + "ask")
    return "pattern" if any(_UNSUPPORTED_PATTERN.search(text) for text in texts) else None


def _incomplete_qualified(properties: dict[str, list[Term]]) -> str | None:
    shape = SH + "qualifiedValueShape" in properties
    count = SH + "qualifiedMinCount" in properties or SH + "qualifiedMaxCount" in properties
    return None if shape == count else "qualified"


def _iris(properties: dict[str, list[Term]], predicate: str) -> set[str]:
    return {value.value for value in properties.get(predicate, ()) if not isinstance(value, Literal)}


def _texts(properties: dict[str, list[Term]], predicate: str) -> set[str]:
    return {value.value for value in properties.get(predicate, ()) if isinstance(value, Literal)}


def _nesting(statements: Statements) -> str | None:
    """Walk from shape to shape without recursion of our own: the nesting may be as deep as its author likes."""
    links = {shape: _children(shape, statements) for shape in statements}
    depth: dict[Term, int] = {}
    for root in links:
        trail: list[tuple[Term, bool]] = [(root, False)]
        open_shapes: set[Term] = set()
        while trail:
            shape, done = trail.pop()
            if done:
                open_shapes.discard(shape)
                depth[shape] = 1 + max((depth.get(child, 0) for child in links.get(shape, ())), default=0)
                if depth[shape] > MAX_DEPTH:
                    return "depth"
            elif shape in open_shapes:
                return "recursion"
            elif shape not in depth:
                open_shapes.add(shape)
                trail.append((shape, True))
                trail.extend((child, False) for child in links.get(shape, ()))
    return None


def _children(shape: Term, statements: Statements) -> list[Term]:
    properties = statements[shape]
    found = [child for predicate in _LINKS for child in properties.get(predicate, ())]
    for predicate in _LISTS:
        for head in properties.get(predicate, ()):
            found.extend(_members(head, statements))
    return found


def _members(head: Term, statements: Statements) -> list[Term]:
    members: list[Term] = []
    seen: set[Term] = set()
    while head in statements and head not in seen:
        seen.add(head)
        cell = statements[head]
        members.extend(cell.get(RDF + "first", ()))
        head = next(iter(cell.get(RDF + "rest", ())), NamedNode(RDF + "nil"))
    return members
