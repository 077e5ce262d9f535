"""What concepts, classes and properties are called, and how concepts relate; read once, on first use, from Turtle.

Known are the catalogue's own vocabulary (``spacecat.ttl``), its code lists and excerpts of the EU authority tables
(``vocabularies/``), and the names of the standard terms that records use (``labels.ttl``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from ontology.description import choose
from ontology.namespaces import CODE, DCT, EU, OWL, RDF, RDFS, SC, SKOS

_FOLDER = Path(__file__).parent
_TYPE = RDF + "type"
_LABELS = (SKOS + "prefLabel", RDFS + "label", DCT + "title")
_DEFINITIONS = (SKOS + "definition", RDFS + "comment", DCT + "description")
_CLASSES = frozenset({_TYPE, SKOS + "inScheme", RDFS + "subClassOf"})
_NAMES = frozenset({SKOS + "prefLabel", DCT + "title"})
_EXTERNAL = {
    "http://www.iana.org/assignments/media-types/": DCT + "MediaType",
    "https://www.iana.org/assignments/media-types/": DCT + "MediaType",
    "http://sws.geonames.org/": DCT + "Location",
    "https://sws.geonames.org/": DCT + "Location",
}
BACKGROUND_PREFIXES = (CODE, EU, SC, *_EXTERNAL)
"""Beginnings of the IRIs that :func:`background` may know something about."""


class UnknownVocabularyError(ValueError):
    """There is no vocabulary of this ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of a scheme, or a class or property. Labels and definitions are by language tag.

    ``alternatives`` holds further labels as (language tag, text); ``broader`` and ``exact_matches`` hold IRIs;
    ``scheme`` is the IRI of the scheme it is from, empty for classes and properties.
    """

    iri: str
    labels: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    notation: str = ""
    scheme: str = ""
    broader: tuple[str, ...] = ()
    exact_matches: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """A code list: its ``name`` (the last part of its IRI), version, source, and the IRIs of its concepts in order."""

    iri: str
    name: str
    labels: dict[str, str]
    definitions: dict[str, str]
    version: str
    source: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    terms: dict[str, Concept]
    schemes: dict[str, Scheme]
    matches: dict[str, str]
    by_text: dict[str, tuple[str, ...]]
    classes: dict[str, str]
    names: dict[str, str]


def label(iri: str, language: str) -> str | None:
    """Return what ``iri`` is called in ``language``, else in English or Chinese; None for what is not known here."""
    return choose(labels(iri), language)[1] or None


def labels(iri: str) -> dict[str, str]:
    """Return the preferred labels of a concept, class or property by language tag; empty if it is not known."""
    found = _meant(iri)
    return found.labels if found else {}


def alternative_labels(iri: str) -> tuple[tuple[str, str], ...]:
    """Return further labels as (language tag, text)."""
    found = _meant(iri)
    return found.alternatives if found else ()


def definition(iri: str, language: str) -> str | None:
    """Return what ``iri`` means, in ``language`` if possible; None if no definition is known."""
    found = _meant(iri)
    return (choose(found.definitions, language)[1] or None) if found else None


def concept(iri: str) -> Concept | None:
    """Return what is known of a concept, class, property or scheme, or None."""
    return _vocabulary().terms.get(iri)


def _meant(iri: str) -> Concept | None:
    """Return the concept, or for the address by which a concept is known elsewhere that concept."""
    return concept(iri) or concept(canonical(iri))


def broader(iri: str) -> tuple[str, ...]:
    """Return the IRIs of all broader concepts, nearest first."""
    found: dict[str, None] = {}
    waiting = [iri]
    while waiting:
        known = concept(waiting.pop(0))
        for parent in known.broader if known else ():
            if parent not in found and parent != iri:
                found[parent] = None
                waiting.append(parent)
    return tuple(found)


def canonical(iri: str) -> str:
    """Return the IRI under which to count ``iri``: the one that ``skos:exactMatch`` leads to, else itself.

    Code 004 of the national update frequencies becomes the EU frequency MONTHLY, and the address of a Creative
    Commons licence the EU licence, so that a facet shows each value once.
    """
    return _vocabulary().matches.get(iri, iri)


def concepts_matching(text: str) -> tuple[str, ...]:
    """Return the IRIs of the concepts that have ``text`` as a label, in any language and letter case."""
    return _vocabulary().by_text.get(_folded(text), ())


def scheme(name: str) -> Scheme:
    """Return a code list by name, such as ``update-frequency``. Raises ``UnknownVocabularyError``."""
    try:
        return _vocabulary().schemes[name]
    except KeyError:
        raise UnknownVocabularyError(name) from None


def schemes() -> tuple[Scheme, ...]:
    """Return all code lists, by name."""
    return tuple(_vocabulary().schemes.values())


def background(iris: Iterable[str]) -> str:
    """Return what a check must know of those ``iris`` that are concepts: their classes and schemes (N-Triples).

    Media types of IANA and places of GeoNames are said to be of the class that DCAT expects; of the catalogue's own
    classes, the superclasses are told.
    """
    known = _vocabulary().classes
    return "".join(known[iri] if iri in known else _external(iri) for iri in iris)


def background_with_names(iris: Iterable[str]) -> str:
    """Return the same together with the labels of the concepts and titles of the schemes, which DCAT-AP asks for."""
    wanted = tuple(iris)
    names = _vocabulary().names
    return background(wanted) + "".join(names.get(iri, "") for iri in wanted)


def documents() -> tuple[str, ...]:
    """Return the names of the vocabulary documents: ``spacecat``, ``labels`` and the code lists."""
    return ("spacecat", "labels", *sorted(path.stem for path in (_FOLDER / "vocabularies").glob("*.ttl")))


def document(name: str) -> bytes:
    """Return a vocabulary document as it is published, in Turtle. Raises ``UnknownVocabularyError``."""
    if name not in documents():
        raise UnknownVocabularyError(name)
    return _path(name).read_bytes()


def _path(name: str) -> Path:
    own = name in ("spacecat", "labels")
    return (_FOLDER if own else _FOLDER / "vocabularies") / f"{name}.ttl"


def _triples(path: Path) -> Iterator[Triple]:
    for quad in parse(path=path, format=RdfFormat.TURTLE):
        yield quad.triple


def _external(iri: str) -> str:
    for prefix, klass in _EXTERNAL.items():
        if iri.startswith(prefix):
            return f"<{iri}> <{_TYPE}> <{klass}> .\n"
    return ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


Values = dict[str, list[NamedNode | Literal]]


@cache
def _vocabulary() -> _Vocabulary:
    statements: dict[str, Values] = defaultdict(lambda: defaultdict(list))
    classes: dict[str, str] = defaultdict(str)
    names: dict[str, str] = defaultdict(str)
    for name in documents():
        for triple in _triples(_path(name)):
            subject, predicate = triple.subject.value, triple.predicate.value  # type: ignore[union-attr]
            statements[subject][predicate].append(triple.object)  # type: ignore[arg-type]
            if predicate in _CLASSES | _NAMES and subject.startswith(BACKGROUND_PREFIXES):
                (classes if predicate in _CLASSES else names)[subject] += f"{triple} .\n"
    terms = {iri: _concept(iri, values) for iri, values in statements.items()}
    return _Vocabulary(
        terms=terms,
        schemes=_schemes(terms, statements),
        matches=_matches(terms),
        by_text=_by_text(terms),
        classes=dict(classes),
        names=dict(names),
    )


def _concept(iri: str, values: Values) -> Concept:
    return Concept(
        iri=iri,
        labels=_texts(values, _LABELS),
        definitions=_texts(values, _DEFINITIONS),
        alternatives=tuple((_language(text), text.value) for text in values.get(SKOS + "altLabel", ())),
        notation=_first(values, SKOS + "notation"),
        scheme=_first(values, SKOS + "inScheme"),
        broader=tuple(value.value for value in values.get(SKOS + "broader", ())),
        exact_matches=tuple(value.value for value in values.get(SKOS + "exactMatch", ())),
        types=tuple(value.value for value in values.get(_TYPE, ())),
    )


def _texts(values: Values, properties: Iterable[str]) -> dict[str, str]:
    for prop in properties:
        if prop in values:
            return {_language(text): text.value for text in values[prop]}
    return {}


def _language(text: NamedNode | Literal) -> str:
    return (text.language or "") if isinstance(text, Literal) else ""


def _first(values: Values, prop: str) -> str:
    return values[prop][0].value if prop in values else ""


def _schemes(terms: dict[str, Concept], statements: dict[str, Values]) -> dict[str, Scheme]:
    members: dict[str, list[str]] = defaultdict(list)
    for term in terms.values():
        if term.scheme:
            members[term.scheme].append(term.iri)
    found = {}
    for term in terms.values():
        if SKOS + "ConceptScheme" in term.types:
            name = term.iri.rsplit("/", 1)[-1]
            version = _first(statements[term.iri], OWL + "versionInfo")
            source = _first(statements[term.iri], DCT + "source")
            concepts = tuple(members[term.iri])
            found[name] = Scheme(term.iri, name, term.labels, term.definitions, version, source, concepts)
    return dict(sorted(found.items()))


def _matches(terms: dict[str, Concept]) -> dict[str, str]:
    """A match between two concepts known here leads to the second; one with a foreign IRI leads from there to here."""
    matches: dict[str, str] = {}
    for term in terms.values():
        for other in term.exact_matches:
            start, end = (term.iri, other) if other in terms else (other, term.iri)
            matches.setdefault(start, end)
    return matches


def _by_text(terms: dict[str, Concept]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for term in terms.values():
        if term.scheme:
            for text in (*term.labels.values(), *(text for _, text in term.alternatives)):
                found[_folded(text)][term.iri] = None
    return {text: tuple(iris) for text, iris in found.items()}
