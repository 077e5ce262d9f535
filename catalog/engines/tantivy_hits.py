"""From ranked records to hits: their texts, the pieces that match, and the reasons they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.documents import LONGEST_TEXT, SearchDocument, Text
from catalog.engines.tantivy_reader import Reader
from catalog.engines.tantivy_search import Ranked, Search
from catalog.highlighting import Match, fragments, iter_matches, reasons
from catalog.model import Audience
from catalog.ports import Hit, Reason


def hits(reader: Reader, audience: Audience, ranked: Sequence[Ranked], search: Search) -> tuple[Hit, ...]:
    """Return the hits of one page in its order."""
    documents = [reader.document(one.address) for one in ranked]
    publishers = {iri for document in documents for iri in document.values.get("publisher", ())}
    names = reader.names(audience, publishers)
    return tuple(_hit(document, one, search, names) for document, one in zip(documents, ranked, strict=True))


def _hit(document: SearchDocument, ranked: Ranked, search: Search, names: Mapping[str, Mapping[str, str]]) -> Hit:
    texts = [*document.texts, *_named(document, names)]
    matches = list(iter_matches(texts, search.terms)) if search.terms else []
    if ranked.words and not matches:
        matches = list(iter_matches(texts, search.terms, LONGEST_TEXT))
    return Hit(
        graph=document.graph,
        iri=document.iri,
        kind=document.kind,
        score=ranked.score,
        title=document.texts_of("title"),
        description=document.texts_of("description"),
        publisher=_publisher(document, names),
        values=document.values,
        modified=document.modified,
        fragments=fragments(matches),
        reasons=_reasons(ranked, matches, search),
    )


def _named(document: SearchDocument, names: Mapping[str, Mapping[str, str]]) -> list[Text]:
    return [
        Text("publisher", language, name)
        for iri in document.values.get("publisher", ())
        for language, name in names[iri].items()
    ]


def _publisher(document: SearchDocument, names: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    looked_up = (names[iri] for iri in document.values.get("publisher", ()) if names[iri])
    return next(looked_up, document.texts_of("publisher"))


def _reasons(ranked: Ranked, matches: Sequence[Match], search: Search) -> tuple[Reason, ...]:
    if ranked.exact and not any(match.text.field == "title" for match in matches):
        return (Reason("words", "identifier", (search.text,), 1.0),)
    words = ranked.words if matches else 0.0
    if matches and ranked.score == 0:  # sorted by a field: nothing was scored
        words = 1.0
    return reasons(search.text, matches, search.rarity, words, ranked.meaning)
