"""A record as search sees it: texts by field and language, facet values, identifiers, a date; read from its graph."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from catalog.analysis import split_name
from catalog.model import Audience, Change, GraphIri, Iri, Kind
from catalog.outline import Outline
from catalog.visibility import audiences_of, is_findable
from ontology import terms
from ontology.description import choose

FIELDS: tuple[str, ...] = ("title", "keyword", "theme", "publisher", "item", "description")
"""The fields that texts belong to, in the order in which reasons name them."""

LONGEST_TEXT = 20_000
"""Characters of one text that search reads; what stands after them is not found by its words."""

_MOST_ITEMS = 300
_LONGEST_VALUE = 2000
_MARKUP = re.compile(r"<[^<>]{1,500}>")


class Text(NamedTuple):
    """One text of a record with its field (of :data:`FIELDS`) and language tag."""

    field: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """What the index holds of a record. ``values`` are facet values by facet; ``modified`` is in UTC."""

    graph: GraphIri
    iri: Iri
    kind: Kind
    audiences: frozenset[Audience]
    texts: tuple[Text, ...]
    values: dict[str, tuple[str, ...]]
    modified: datetime
    identifiers: tuple[str, ...] = ()

    def texts_of(self, field: str) -> dict[str, str]:
        """Return the first text of ``field`` in each language."""
        found: dict[str, str] = {}
        for text in self.texts:
            if text.field == field:
                found.setdefault(text.language, text.text)
        return found

    def embedding_text(self) -> str:
        """Return the text that stands for the record's meaning, at most 500 characters.

        Titles in all languages and the start of one description: on bilingual records a title found its record
        first in 91 % of cases, against 80 % with one language alone (``docs/adr/0005-embedder.md``).
        """
        titles = ". ".join(self.texts_of("title").values())[:200]
        description = choose(self.texts_of("description"), "en")[1][:200]
        keywords = " ".join(text.text for text in self.texts if text.field == "keyword")[:100]
        return ". ".join(part for part in (titles, description, keywords) if part)


def document_of(change: Change) -> SearchDocument | None:
    """Return what search holds after ``change``, or None where it holds nothing of the record."""
    record = change.record
    if not is_findable(record):
        return None
    described, node = Outline(change.content), f"<{record.iri}>"
    own = (text for _, text in described.all_texts(node, "dct:identifier"))
    identifiers = {record.id, record.code or "", record.iri, *own}
    return SearchDocument(
        graph=record.graph,
        iri=record.iri,
        kind=record.kind,
        audiences=audiences_of(record),
        texts=tuple(_texts(described, node)),
        values={"kind": (str(record.kind),)} | _values(described, node),
        modified=_modified(described, node) or record.modified,
        identifiers=tuple(sorted(identifiers - {""})),
    )


def _texts(described: Outline, node: str) -> Iterable[Text]:
    yield from _literals("title", described, node, *_TITLES)
    yield from _literals("keyword", described, node, "dcat:keyword")
    yield from _theme_texts(described, node)
    yield from _publisher_texts(described, node)
    yield from _item_texts(described, node)
    for prop in _DESCRIPTIONS:
        yield from _literals("description", described, node, prop)


_TITLES = ("dct:title", "foaf:name", "skos:prefLabel", "rdfs:label", "schema:name")
_NAMES = ("foaf:name", "dct:title", "vcard:fn", "skos:prefLabel", "rdfs:label")
_DESCRIPTIONS = ("dct:description", "rdfs:comment", "sc:expectedEffect")
_SUBJECTS = ("dcat:theme", "dct:subject", "sc:industry", "dct:type", "sc:componentType", "sc:serviceType")


def _literals(field: str, described: Outline, node: str, *props: str) -> Iterable[Text]:
    """Yield the texts of the first property that has any."""
    for prop in props:
        found = described.all_texts(node, prop)
        yield from (Text(field, language, plain) for language, text in found if (plain := _plain(text)))
        if found:
            return


def _plain(text: str) -> str:
    """Return ``text`` without the markup that catalogues like to put into descriptions."""
    if "<" in text or "&" in text:
        text = html.unescape(_MARKUP.sub(" ", text))
    return text[:LONGEST_TEXT].strip()


def _theme_texts(described: Outline, node: str) -> Iterable[Text]:
    for prop in _SUBJECTS:
        for value in described.nodes(node, prop):
            for language, label in terms.labels(terms.canonical(value[1:-1])).items():
                yield Text("theme", language, label)
            yield from _literals("theme", described, value, "skos:prefLabel", "rdfs:label")


def _publisher_texts(described: Outline, node: str) -> Iterable[Text]:
    """Yield the names that the record itself gives; those of participants are looked up when somebody searches."""
    for prop in ("dct:publisher", "dct:creator"):
        for agent in described.nodes(node, prop):
            yield from _literals("publisher", described, agent, *_NAMES)


def _item_texts(described: Outline, node: str) -> Iterable[Text]:
    for item in described.nodes(node, "sc:dataItem")[:_MOST_ITEMS]:
        for _, name in described.all_texts(item, "csvw:name"):
            yield Text("item", "", split_name(name))
        yield from _literals("item", described, item, "csvw:title", "csvw:titles", "dct:title")
        for meaning in described.iris(item, "sc:meaning"):
            for language, label in terms.labels(meaning).items():
                yield Text("item", language, label)
    for need in described.nodes(node, "sc:need")[:_MOST_ITEMS]:
        yield from _literals("item", described, need, "dct:title")


_Values = Callable[[Outline, str], list[str]]


def _of(*props: str) -> _Values:
    return lambda described, node: described.iris(node, *props)


def _of_distributions(*props: str) -> _Values:
    """Values of the distributions, and of the resource itself where it says such a thing (a service's licence)."""
    return lambda described, node: [
        value
        for thing in (node, *described.nodes(node, "dcat:distribution"))
        for value in described.iris(thing, *props)
    ]


def _formats(described: Outline, node: str) -> list[str]:
    """Return one format per distribution: what it names as such, else its media type."""
    distributions = described.nodes(node, "dcat:distribution")
    named = (described.iris(one, "dct:format") or described.iris(one, "dcat:mediaType") for one in distributions)
    return [value for values in named for value in values]


_FACET_VALUES: dict[str, _Values] = {
    "theme": _of("dcat:theme"),
    "industry": _of("sc:industry"),
    "publisher": _of("dct:publisher"),
    "format": _formats,
    "licence": _of_distributions("dct:license"),
    "frequency": _of("dct:accrualPeriodicity"),
    "delivery": _of("sc:deliveryMode"),
    "language": _of("dct:language"),
    "scenario": _of("sc:scenario"),
}


def _values(described: Outline, node: str) -> dict[str, tuple[str, ...]]:
    values = {}
    for facet, read in _FACET_VALUES.items():
        found = dict.fromkeys(terms.canonical(iri) for iri in read(described, node) if len(iri) <= _LONGEST_VALUE)
        if found:
            values[facet] = tuple(found)
    return values


def _modified(described: Outline, node: str) -> datetime | None:
    """Return when the resource itself last changed, if it says so in a way that can be read."""
    stated = (described.find(node, prop) for prop in ("dct:modified", "dct:issued"))
    return next((moment for text in stated if text and (moment := read_moment(text))), None)


def read_moment(text: str) -> datetime | None:
    """Return the time that an xsd:dateTime, date, gYearMonth or gYear begins, in UTC; None if it is none of these."""
    padded = text.strip() + "-01-01"[len(text.strip()) - 4 :] if len(text.strip()) in (4, 7) else text.strip()
    try:
        if len(padded) == 10:
            return datetime.combine(date.fromisoformat(padded), time(), UTC)
        moment = datetime.fromisoformat(padded)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
