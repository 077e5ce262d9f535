"""Queries that tantivy runs, built term by term; a user's text never reaches tantivy's own query language."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import tantivy
from tantivy import Occur, Query

from catalog.analysis import QueryTerm
from catalog.engines.tantivy_schema import facet_field, schema
from catalog.model import Audience, Kind

FIELD_BOOSTS: dict[str, float] = {"body": 1.0, "title": 0.3, "keyword": 0.3}
"""What a word is worth by field, on top of the whole text (``body``); measured by ``benchmarks/relevance.py``."""

STEM_BOOST = 0.4
"""What it is worth that only the stem agrees."""

PUBLISHER_SCORE = 3.0
"""What it is worth that the word is in the name of the participant who publishes the record."""


Publishers = Mapping[str, Sequence[str]]
"""The participants by the query's terms that are in their names."""


def words(terms: Sequence[QueryTerm], publishers: Publishers) -> Query:
    """Return the query for any of the terms, with scores."""
    return any_of(_scored_word(term, publishers) for term in terms)


def _scored_word(term: QueryTerm, publishers: Publishers) -> Query:
    inflected = term.term.isascii()  # the rest has no stems: what the stem adds goes to the word
    parts = [boosted(field, term.term, boost) for field, boost in FIELD_BOOSTS.items() if field != "body"]
    parts.append(boosted("body", term.term, FIELD_BOOSTS["body"] + (0.0 if inflected else STEM_BOOST)))
    if inflected:
        parts.append(boosted("stem", term.stem, STEM_BOOST))
    return any_of([*parts, *_published(term, publishers)])


def _published(term: QueryTerm, publishers: Publishers) -> list[Query]:
    iris = publishers.get(term.term)
    return [Query.const_score_query(one_of(facet_field("publisher"), iris), PUBLISHER_SCORE)] if iris else []


def any_word(terms: Sequence[QueryTerm], publishers: Publishers) -> Query:
    """Return the condition that any of the terms is there: what :func:`words` matches, a third of the work."""
    parts = [Query.term_query(schema(), "stem", term.stem, "basic") for term in terms]
    return any_of([*parts, *(query for term in terms for query in _published(term, publishers))])


def boosted(field: str, term: str, boost: float) -> Query:
    """Return the query for one term of one field."""
    return Query.boost_query(Query.term_query(schema(), field, term, "freq"), boost)


def any_of(queries: Iterable[Query]) -> Query:
    """Return the query for what matches at least one; nothing if there is none."""
    parts = [(Occur.Should, query) for query in queries]
    return Query.boolean_query(parts) if parts else Query.empty_query()


def unscored(query: Query) -> Query:
    """Return the query as a condition that adds nothing to scores."""
    return Query.const_score_query(query, 0.0)


def keys(numbers: Iterable[int]) -> Query:
    """Return the condition that the record is one of these; term by term, three times as fast as a set of terms."""
    return unscored(any_of(Query.term_query(schema(), "key", number, "basic") for number in numbers))


def exact(key: str) -> Query:
    """Return the condition that a title or an identifier is exactly this one (``analysis.exact_key``)."""
    return unscored(Query.term_query(schema(), "exact", key, "basic"))


def seen_by(audience: Audience) -> Query:
    """Return the condition that the audience may see the record."""
    return unscored(Query.term_query(schema(), "audience", audience.value, "basic"))


def is_participant() -> Query:
    """Return the condition that the record describes a participant."""
    return unscored(Query.term_query(schema(), facet_field("kind"), Kind.PARTICIPANT.value, "basic"))


def one_of(field: str, values: Iterable[str]) -> Query:
    """Return the condition that the field has one of the values."""
    return unscored(Query.term_set_query(schema(), field, list(values)))


def all_of(query: Query, conditions: Iterable[Query], without: Query | None = None) -> Query:
    """Return ``query`` under conditions, less what ``without`` matches."""
    parts = [(Occur.Must, query), *((Occur.Must, condition) for condition in conditions)]
    if without is not None:
        parts.append((Occur.MustNot, without))
    return Query.boolean_query(parts)


def optionally(query: Query, condition: Query, conditions: Iterable[Query]) -> Query:
    """Return what the conditions demand, scored by ``query`` where that matches too."""
    must = [(Occur.Must, condition), *((Occur.Must, one) for one in conditions)]
    return Query.boolean_query([*must, (Occur.Should, query)])


def rarity(searcher: tantivy.Searcher, term: str) -> float:
    """Return the inverse document frequency of a term as BM25 reckons it."""
    frequency = searcher.doc_freq("body", term)
    return math.log(1 + (searcher.num_docs - frequency + 0.5) / (frequency + 0.5))
