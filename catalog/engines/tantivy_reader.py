"""One state of the index for reading: documents by key or IRI, and the participants that publish records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tantivy
from tantivy import DocAddress, Query

from catalog.analysis import QueryTerm, iter_tokens
from catalog.documents import SearchDocument
from catalog.engines import tantivy_queries as queries
from catalog.engines.tantivy_schema import from_tantivy
from catalog.engines.vectors import Place
from catalog.model import Audience

_MOST_NAMED = 20


class Reader:
    """What was committed at one moment. Names looked up are kept as long as it is in use."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self.searcher = searcher
        self._names: dict[tuple[Audience, str], dict[str, str]] = {}

    def document(self, address: DocAddress) -> SearchDocument:
        """Return the record at an address."""
        return from_tantivy(self.searcher.doc(address))

    def addresses(self, query: Query, most: int) -> list[DocAddress]:
        """Return where the first records are that a query matches."""
        return [address for _, address in self.searcher.search(query, max(most, 1), count=False).hits]

    def numbers(self, field: str, addresses: Sequence[DocAddress]) -> list[int]:
        """Return a number of each record; 0 where it has none."""
        return [int(value or 0) for value in self.searcher.fast_field_values(field, list(addresses))]

    def places(self) -> dict[int, Place]:
        """Return the place among the vectors of every record by key."""
        addresses = self.addresses(queries.seen_by(Audience.OPERATORS), self.searcher.num_docs)
        columns = (self.numbers(field, addresses) for field in ("key", "text", "level"))
        return {key: Place(text, level) for key, text, level in zip(*columns, strict=True)}

    def embedding_texts(self, keys: Sequence[int]) -> dict[int, str]:
        """Return the texts to embed of those records that are here."""
        addresses = self.addresses(queries.keys(keys), len(keys))
        found = zip(self.numbers("key", addresses), addresses, strict=True)
        return {key: self.document(address).embedding_text() for key, address in found}

    def participants_named(self, audience: Audience, terms: Sequence[QueryTerm]) -> dict[str, list[str]]:
        """Return the IRIs of participants by the query's terms that are in their names, as this audience sees them.

        Looked up for each search, and not copied into what they publish: a name that changes, or is not for
        everybody, is right at once.
        """
        if not terms:
            return {}
        titled = queries.any_of(queries.boosted("title", term.term, 1.0) for term in terms)
        conditions = [queries.seen_by(audience), queries.is_participant()]
        found: dict[str, list[str]] = {}
        for address in self.addresses(queries.all_of(titled, conditions), _MOST_NAMED):
            participant = self.document(address)
            named = {token.term for name in participant.texts_of("title").values() for token in iter_tokens(name)}
            for term in terms:
                if term.term in named:
                    found.setdefault(term.term, []).append(participant.iri)
        return found

    def names(self, audience: Audience, iris: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the titles of records by IRI; empty where this audience sees no such record."""
        wanted = dict.fromkeys(iris)
        unknown = [iri for iri in wanted if (audience, iri) not in self._names]
        if unknown:
            self._names.update({(audience, iri): {} for iri in unknown})
            query = queries.all_of(queries.one_of("iri", unknown), [queries.seen_by(audience)])
            for address in self.addresses(query, len(unknown)):
                document = self.document(address)
                self._names[audience, document.iri] = document.texts_of("title")
        return {iri: self._names[audience, iri] for iri in wanted}
