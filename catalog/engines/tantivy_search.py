"""One search over one state of the index: who matches, in which order, with which counts, and why.

A result is two lists that are merged by score. The first holds the records nearest in meaning and those whose title
or identifier is the query itself; the second all others that share a word with it, as BM25 orders them. Neither
depends on the page asked for, so that paging reaches every record that total and facets count, once.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tantivy import DocAddress, Order, Query, SearchResult

from catalog.analysis import QueryTerm, exact_key, query_terms
from catalog.engines import tantivy_queries as queries
from catalog.engines.nearness import Nearness
from catalog.engines.tantivy_reader import Reader
from catalog.engines.tantivy_schema import facet_field, sort_field
from catalog.model import Audience
from catalog.paging import Place, read_cursor, write_cursor
from catalog.ports import SearchRequest

NEAREST = 100
"""How many records nearest in meaning a search considers."""

MEANING_WEIGHT = 0.2
"""The share of meaning in a hybrid score; measured on training folds by ``benchmarks/relevance.py``."""

FULL_MATCH = 1.4
"""The word score of a full match, in multiples of the summed rarity of the query's words."""

FOREIGN_WEIGHT = 0.7
"""The share of meaning where no word of the query is found; measured by ``benchmarks/crosslingual.py``."""

TELLING = 0.5
"""The part of a full match's word score from which on words get their usual share."""

_MOST_EXACT = 50
_LOOKED_BACK = 50

Scored = tuple[int, float, DocAddress]
"""Key, word score and address of a record."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One record in its place: the score, and the parts of it that words and meaning contribute."""

    key: int
    address: DocAddress
    score: float
    words: float = 0.0
    meaning: float = 0.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """One page of a result in order, the number of all records, and the cursor of the next page."""

    page: tuple[Ranked, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Near:
    """Records near in meaning, as cosines by key, and the scale that the cosines are on; empty without vectors."""

    cosines: dict[int, float] = field(default_factory=dict)
    scale: Nearness = field(default_factory=lambda: Nearness(0.0, 1.0))


class Search:
    """One request of one audience against one state of the index; ``request`` has been checked.

    Searching by words begins at once, in ``pool``, while the caller finds out what is near in meaning.
    """

    def __init__(self, reader: Reader, audience: Audience, request: SearchRequest, pool: Executor) -> None:
        self._searcher, self._audience, self._request = reader.searcher, audience, request
        self._place = read_cursor(request, audience)
        self._near = Near()
        self._weight = {"hybrid": MEANING_WEIGHT, "keyword": 0.0, "vector": 1.0}[request.mode]
        self.text = request.text
        self.terms: list[QueryTerm] = [] if request.mode == "vector" else query_terms(request.text)
        publishers = reader.participants_named(audience, self.terms)
        self._words = queries.words(self.terms, publishers)
        self._any_word = queries.any_word(self.terms, publishers)
        self._filters = {facet: queries.one_of(facet_field(facet), values) for facet, values in request.filters.items()}
        self._first_words = pool.submit(self._search_words) if self._begins else None
        self._exact = self._find_exact()

    @property
    def _begins(self) -> bool:
        """Whether this is the first page of a ranked result."""
        return self._request.sort == "relevance" and self._request.cursor is None

    def _search_words(self) -> SearchResult:
        most = self._request.size + NEAREST + _MOST_EXACT
        return self._searcher.search(queries.all_of(self._words, self._conditions()), most)

    def consider(self, near: Near) -> None:
        """Take account of what is near in meaning; call before anything else is asked."""
        self._near = near

    @cached_property
    def rarity(self) -> dict[str, float]:
        """How telling each term is."""
        return {term.term: queries.rarity(self._searcher, term.term) for term in self.terms}

    def _find_exact(self) -> set[int]:
        key = exact_key(self._request.text)
        if not key or self._request.mode == "vector":
            return set()
        query = queries.all_of(queries.exact(key), [queries.seen_by(self._audience)])
        return set(self._keys(self._searcher.search(query, _MOST_EXACT, count=False).hits))

    def _keys(self, hits: Sequence[tuple[Any, DocAddress]]) -> list[int]:
        found = self._searcher.fast_field_values("key", [address for _, address in hits])
        return [int(key or 0) for key in found]

    def _conditions(self, but: str | None = None) -> list[Query]:
        filters = (query for facet, query in self._filters.items() if facet != but)
        return [queries.seen_by(self._audience), *filters]

    @cached_property
    def _entering(self) -> set[int]:
        """Records that are in the result whether or not they share a word with the query."""
        entry = self._near.scale.floor if self._request.mode == "vector" else self._near.scale.entry
        return self._exact | {key for key, cosine in self._near.cosines.items() if cosine >= entry}

    @cached_property
    def _matching(self) -> Query:
        if not self._request.text:
            return queries.unscored(Query.all_query())
        if not self._entering:
            return self._any_word
        return queries.any_of([self._any_word, queries.keys(self._entering)])

    def ranking(self) -> Ranking:
        """Return the page that the request asks for."""
        by_score = self._request.sort == "relevance"
        return self._by_relevance(self._place) if by_score else self._by_field(self._place)

    def _by_field(self, place: Place) -> Ranking:
        by_title = self._request.sort == "title"
        name = sort_field(self._request.language) if by_title else "modified"
        start = max(0, place.second - _LOOKED_BACK)
        found = self._searcher.search(
            queries.all_of(self._matching, self._conditions()),
            place.second - start + self._request.size + _LOOKED_BACK,
            order_by_field=name,
            offset=start,
            order=Order.Asc if by_title else Order.Desc,
        )
        listed = [
            self._ranked(key, address, 0.0)
            for key, (_, address) in zip(self._keys(found.hits), found.hits, strict=True)
        ]
        skipped = _resume(listed, place.second - start, place.second_key)
        page = listed[skipped : skipped + self._request.size]
        read = start + skipped + len(page)
        total: int = found.count  # type: ignore[attr-defined]
        last = Place(second=read, second_key=page[-1].key if page else 0)
        return Ranking(tuple(page), total, self._cursor(last) if page and read < total else None)

    def _by_relevance(self, place: Place) -> Ranking:
        others, count, skipped_before = self._others(place)
        best, self._weight = (place.best, place.weight) if place.best else self._scale(others)
        first = self._nearest(best)
        second = [self._ranked(key, address, score / best) for key, score, address in others]
        at = (
            _resume(first, place.first, place.first_key),
            _resume(second, place.second - skipped_before, place.second_key),
        )
        page, taken = _merged(first[at[0] :], second[at[1] :], self._request.size)
        read = at[0] + taken[0], at[1] + taken[1]
        total = len(first) + count
        last = Place(
            read[0], skipped_before + read[1], _last_key(first, read[0]), _last_key(second, read[1]), best, self._weight
        )
        more = last.first + last.second < total
        return Ranking(tuple(page), total, self._cursor(last) if page and more else None)

    def _others(self, place: Place) -> tuple[list[Scored], int, int]:
        """Return records that only words find, from a little before ``place``, their number, and how many precede."""
        considered = self._considered
        if self._first_words is not None:
            found = self._first_words.result()
            listed = [one for one in self._scored(found.hits) if one[0] not in considered]
            both = sum(score > 0 for _, score, _ in self._considered_hits)
            return listed, found.count - both, 0  # type: ignore[attr-defined]
        start = max(0, place.second - _LOOKED_BACK)
        without = queries.keys(considered) if considered else None
        found = self._searcher.search(
            queries.all_of(self._words, self._conditions(), without),
            place.second - start + self._request.size + _LOOKED_BACK,
            offset=start,
        )
        return self._scored(found.hits), found.count, start  # type: ignore[attr-defined]

    def _scored(self, hits: Sequence[tuple[Any, DocAddress]]) -> list[Scored]:
        return [(key, float(score), address) for key, (score, address) in zip(self._keys(hits), hits, strict=True)]

    @property
    def _considered(self) -> set[int]:
        return self._exact | self._near.cosines.keys()

    @cached_property
    def _considered_hits(self) -> list[Scored]:
        """The near and exact records that pass the filters: key, word score, address."""
        considered = self._considered
        if not considered:
            return []
        query = queries.optionally(self._words, queries.keys(considered), self._conditions())
        return self._scored(self._searcher.search(query, len(considered), count=False).hits)

    def _scale(self, others: Sequence[Scored]) -> tuple[float, float]:
        """Return the word score that counts as 1, and the share of meaning.

        The score is that of the best match, or of a full match where that is far off; then words tell little (they
        may be of another language than the records), and meaning gets a larger share.
        """
        full = FULL_MATCH * sum(self.rarity.values())
        reached = max((score for _, score, _ in (*others[:1], *self._considered_hits)), default=0.0)
        if self._request.mode != "hybrid":
            return max(full, reached, 1e-6), self._weight
        telling = min(1.0, reached / full / TELLING) if full else 0.0
        return max(full, reached, 1e-6), FOREIGN_WEIGHT + telling * (MEANING_WEIGHT - FOREIGN_WEIGHT)

    def _nearest(self, best: float) -> list[Ranked]:
        listed = (
            self._ranked(key, address, score / best)
            for key, score, address in self._considered_hits
            if score > 0 or key in self._entering
        )
        return sorted(listed, key=lambda ranked: (-ranked.score, ranked.key))

    @cached_property
    def _floor(self) -> float:
        """The cosine from which meaning counts: that of the last of the nearest, so that none is cut off halfway."""
        cosines = self._near.cosines
        return min(cosines.values()) if len(cosines) >= NEAREST else 0.0

    def _ranked(self, key: int, address: DocAddress, words: float) -> Ranked:
        weight = self._weight
        cosine = self._near.cosines.get(key)
        near = self._near.scale.strength(cosine, self._floor) if cosine is not None else 0.0
        words, meaning = (1 - weight) * words, weight * near
        exact = key in self._exact
        return Ranked(key, address, words + meaning + exact, words, meaning, exact)

    def _cursor(self, place: Place) -> str:
        return write_cursor(self._request, self._audience, place)

    def facets(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """Return the counts of each facet asked for; a facet's own filter does not restrict its own counts."""
        names = tuple(dict.fromkeys(self._request.facets))
        free = [name for name in names if name not in self._filters]
        counts = self._counts(free, self._conditions()) if free else {}
        for name in names:
            if name in self._filters:
                counts |= self._counts([name], self._conditions(but=name))
        return {name: counts[name] for name in names}

    def _counts(self, names: Sequence[str], conditions: Sequence[Query]) -> dict[str, tuple[tuple[str, int], ...]]:
        size = self._request.facet_size
        asked = {name: {"terms": {"field": facet_field(name), "size": size, "segment_size": 65_000}} for name in names}
        found = self._searcher.aggregate(queries.all_of(self._matching, conditions), asked)
        return {
            name: tuple(
                sorted(
                    ((bucket["key"], bucket["doc_count"]) for bucket in found[name]["buckets"]),
                    key=lambda pair: (-pair[1], pair[0]),
                )
            )
            for name in names
        }


def _resume(listed: Sequence[Ranked], offset: int, last_key: int) -> int:
    """Return where to go on: after the last record taken, wherever it is by now, else at the offset."""
    if last_key:
        for index, ranked in enumerate(listed):
            if ranked.key == last_key:
                return index + 1
    return min(offset, len(listed))


def _last_key(listed: Sequence[Ranked], taken: int) -> int:
    return listed[taken - 1].key if 0 < taken <= len(listed) else 0


def _merged(first: Sequence[Ranked], second: Sequence[Ranked], size: int) -> tuple[list[Ranked], tuple[int, int]]:
    """Merge two lists by falling score up to ``size``, and say how many of each were taken."""
    tagged = heapq.merge(
        ((-one.score, 0, one) for one in first), ((-one.score, 1, one) for one in second), key=lambda item: item[:2]
    )
    taken = [item for item, _ in zip(tagged, range(size), strict=False)]
    counts = sum(item[1] == 0 for item in taken), sum(item[1] == 1 for item in taken)
    return [item[2] for item in taken], counts
