"""Check records against shapes.

pySHACL is the reference. The fast engine is used where ``guard.py`` has nothing against it, for there tests show
equal results; everything else, and whatever the fast engine gives up on, goes to pySHACL.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology import terms
from ontology.namespaces import SH
from shapes import fast, guard, profiles
from shapes.reference import NAME as REFERENCE
from shapes.reference import ReferenceShapes, ShapesInvalidError
from shapes.report import Report, Result, in_order

__all__ = ["CompiledShapes", "ShapesInvalidError", "compile_profile", "validate", "validate_with", "with_background"]

UNCHECKED = "https://w3id.org/spacecat/shapes#Unchecked"
"""The shape of the one result that says that a record makes pySHACL fail; the fast engine knows no such record."""

_MENTIONED = re.compile(rf"<((?:{'|'.join(map(re.escape, terms.BACKGROUND_PREFIXES))})[^>]*)>")
_PLACEHOLDER = re.compile(r"\{[?$]")
_SUBJECT = re.compile(r"^(?:<([^>]*)>|(_:\S+)) ", re.MULTILINE)


class CompiledShapes:
    """A shapes graph made ready once, to check any number of data graphs; safe to share between threads.

    Raises ``SyntaxError`` if the Turtle does not parse and :class:`ShapesInvalidError` if pySHACL cannot use it.
    Whether the shapes are well-formed is not asked, for it takes a second, where tests have shown it (``trusted``).
    """

    def __init__(self, turtle: str, *, base_iri: str | None = None, trusted: bool = False) -> None:
        parser = parse(turtle, format=RdfFormat.TURTLE, base_iri=base_iri)
        triples = [quad.triple for quad in parser]
        ntriples = "".join(f"{triple} .\n" for triple in triples)
        self._messages = _messages(triples)
        self._reference = ReferenceShapes(ntriples, parser.prefixes)
        self._fast: fast.FastShapes | None = None
        self.objection = self._objection(triples, trusted)
        """Why the fast engine is not used, or None."""
        if self.objection is None:
            try:
                self._fast = fast.FastShapes(ntriples, _count_blank_nodes(triples), guard.compared(triples))
            except fast.FastEngineError as error:
                self.objection = str(error)

    def _objection(self, triples: list[Triple], trusted: bool) -> str | None:
        if not trusted:
            self._reference.require_supported()
        if not fast.AVAILABLE:
            return "not installed"
        return guard.objection(triples) or (None if trusted or self._reference.is_wellformed() else "ill-formed")

    def check(self, ntriples: str, engine: str | None = None) -> Report:
        """Check a data graph in N-Triples, by the engine named or by the fastest that may be trusted.

        Raises :class:`ShapesInvalidError` if the shapes turn out to ask for what pySHACL cannot do.
        """
        if self._fast is not None and engine != REFERENCE:
            try:
                return Report(self._completed(self._fast.check(ntriples, self._messages)), fast.NAME)
            except fast.FastEngineError:
                if engine is not None:
                    raise
        return Report(self._completed(self._reference.check(ntriples, self._messages)), REFERENCE)

    @staticmethod
    def _completed(results: Iterable[Result]) -> tuple[Result, ...]:
        return in_order([result if result.messages else _with_default_message(result) for result in results])


def validate(record: str, profile: str = profiles.RECORD, context: str = "", engine: str | None = None) -> Report:
    """Check a record, given as N-Triples, against a profile (``record`` or ``dcat-ap``).

    ``context`` may tell, in N-Triples, what is known of resources outside the record, such as the class of its
    publisher; such resources are not checked themselves. Concepts of the code lists are known anyway.
    Raises ``profiles.UnknownProfileError``.
    """
    try:
        report = compile_profile(profile).check(record + terms.background(_mentioned(record)) + context, engine)
    except ShapesInvalidError:  # the shapes are known to be good, so the record is at fault
        unchecked = Result("", "", "", "violation", UNCHECKED, UNCHECKED, _default_messages()[UNCHECKED])
        return Report((unchecked,), REFERENCE)
    if not report.results or not context:
        return report
    elsewhere = _subjects(context) - _subjects(record)
    return Report(tuple(result for result in report.results if result.focus not in elsewhere), report.engine)


def validate_with(
    shapes: str, data: str, *, shapes_base: str | None = None, data_base: str | None = None, engine: str | None = None
) -> Report:
    """Check data against any shapes, both in Turtle. The shapes are first checked themselves, which takes a second.

    A stranger's shapes may run for ever: do this in a process that can be killed. Raises ``SyntaxError`` for Turtle
    that does not parse and :class:`ShapesInvalidError` for shapes that are ill-formed or not supported.
    """
    compiled = CompiledShapes(shapes, base_iri=shapes_base)
    triples = parse(data, format=RdfFormat.TURTLE, base_iri=data_base)
    return compiled.check("".join(f"{quad.triple} .\n" for quad in triples), engine)


def with_background(ntriples: str) -> str:
    """Return the N-Triples followed by what is known of the concepts and media types that they mention.

    With it, the shapes of DCAT-AP as SEMIC publishes them may be applied to a record.
    """
    return ntriples + terms.background_with_names(_mentioned(ntriples))


def _mentioned(ntriples: str) -> Iterable[str]:
    return dict.fromkeys(_MENTIONED.findall(ntriples))


@cache
def compile_profile(name: str) -> CompiledShapes:
    """Return a profile made ready, once per process. Raises ``profiles.UnknownProfileError``."""
    return CompiledShapes(profiles.profile(name).turtle(), trusted=True)


def _subjects(ntriples: str) -> set[str]:
    return {iri or blank for iri, blank in _SUBJECT.findall(ntriples)}


def _count_blank_nodes(triples: Iterable[Triple]) -> int:
    nodes = (node for triple in triples for node in (triple.subject, triple.object))
    return len({node for node in nodes if isinstance(node, BlankNode)})


def _messages(triples: Iterable[Triple]) -> dict[str, dict[str, str]]:
    """Return the messages of the shapes that have an IRI; messages with a placeholder are left to the engine."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for triple in triples:
        subject, text = triple.subject, triple.object
        if triple.predicate.value != SH + "message" or not isinstance(text, Literal) or _PLACEHOLDER.search(text.value):
            continue
        if isinstance(subject, NamedNode):
            found[subject.value][text.language or ""] = text.value
    return dict(found)


def _with_default_message(result: Result) -> Result:
    messages = _default_messages().get(result.component, {})
    return Result(result.focus, result.path, result.value, result.severity, result.component, result.shape, messages)


@cache
def _default_messages() -> dict[str, dict[str, str]]:
    return _messages(_parsed(profiles.default_messages()))


def _parsed(turtle: str) -> Iterator[Triple]:
    for quad in parse(turtle, format=RdfFormat.TURTLE):
        yield quad.triple
