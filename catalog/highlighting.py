"""Why a record was found: the query's words in its texts, cut out for marking, and what each field contributes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.analysis import QueryTerm, Token, iter_tokens_like, tokens_of_label
from catalog.documents import FIELDS, Text
from catalog.ports import Fragment, Reason

SCANNED = 4000
"""Characters of a text that are looked through for marking, unless nothing is found in them."""

_LABEL = 50
_WINDOW = {"han": 90, "other": 200}
_MOST_ITEMS = 3
_FIELD_WEIGHT = {"title": 1.3, "keyword": 1.3}


@dataclass(frozen=True, slots=True)
class Match:
    """One text with the places in it that match and the query terms that match there."""

    text: Text
    spans: tuple[tuple[int, int], ...]
    terms: tuple[QueryTerm, ...]


def iter_matches(texts: Iterable[Text], terms: Sequence[QueryTerm], scanned: int = SCANNED) -> Iterable[Match]:
    """Yield the texts in whose first ``scanned`` characters words of the query stand, with their places."""
    by_stem: dict[str, list[QueryTerm]] = {}
    for term in terms:
        by_stem.setdefault(term.stem, []).append(term)
    for text in texts:
        spans: list[tuple[int, int]] = []
        found: dict[QueryTerm, None] = {}
        for token in _tokens(text, by_stem, scanned):
            if matching := by_stem.get(token.stem):
                spans.append((token.start, token.end))
                found.update(dict.fromkeys(matching))
        if found:
            yield Match(text, _merged(spans), tuple(found))


def _tokens(text: Text, stems: Collection[str], scanned: int) -> Iterable[Token]:
    if text.field not in ("title", "description") and len(text.text) <= _LABEL:
        return tokens_of_label(text.text)
    return iter_tokens_like(text.text[:scanned], stems)


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join spans that overlap or touch: words within a Chinese word are marked with it."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def fragments(matches: Sequence[Match]) -> tuple[Fragment, ...]:
    """Return the titles that match, whole, the best piece of a description, and up to three data items."""
    titles = _first_by_language(match for match in matches if match.text.field == "title")
    items = [match for match in matches if match.text.field == "item"][:_MOST_ITEMS]
    described = [match for match in matches if match.text.field == "description"]
    best = max(described, key=lambda match: len(match.terms), default=None)
    whole = [_fragment(match, 0, len(match.text.text)) for match in (*titles, *items)]
    return (*whole, _fragment(best, *_best_window(best))) if best else tuple(whole)


def _first_by_language(matches: Iterable[Match]) -> list[Match]:
    found: dict[str, Match] = {}
    for match in matches:
        found.setdefault(match.text.language, match)
    return list(found.values())


def _best_window(match: Match) -> tuple[int, int]:
    """Return where in the text most matches stand close together, a little before the first of them."""
    text = match.text.text
    width = _WINDOW["han" if match.text.language.startswith("zh") else "other"]
    if len(text) <= width:
        return 0, len(text)
    inside = {
        start: sum(start <= other < start + width * 3 // 4 for other, _ in match.spans) for start, _ in match.spans
    }
    first = max(inside, key=lambda start: (inside[start], -start))
    start = max(0, min(first - width // 6, len(text) - width))
    return _at_space(text, start), min(len(text), start + width)


def _at_space(text: str, start: int) -> int:
    """Move ``start`` to the beginning of the next word, if it is near."""
    if start == 0 or not text[start - 1].isascii():
        return start
    space = text.find(" ", start, start + 15)
    return space + 1 if space >= 0 else start


def _fragment(match: Match, start: int, end: int) -> Fragment:
    text, pieces, at = match.text.text, [], start
    if start > 0:
        pieces.append(("…", False))
    for begin, stop in match.spans:
        if begin >= at and stop <= end:
            pieces += [(text[at:begin], False), (text[begin:stop], True)]
            at = stop
    pieces.append((text[at:end], False))
    if end < len(text):
        pieces.append(("…", False))
    return Fragment(match.text.field, match.text.language, tuple(piece for piece in pieces if piece[0]))


def reasons(
    query: str, matches: Sequence[Match], rarity: Mapping[str, float], words_score: float, meaning_score: float
) -> tuple[Reason, ...]:
    """Return what found the record, strongest first; the weights add up to 1.

    ``rarity`` says how telling each term of ``query`` is. Fields share what words contributed, titles and keywords
    with more weight than others.
    """
    total = words_score + meaning_score
    if total <= 0:
        return ()
    found: list[Reason] = []
    by_field = _terms_by_field(matches)
    shares = {field: _share(field, terms, rarity) for field, terms in by_field.items()}
    for field, terms in by_field.items():
        weight = words_score / total * shares[field] / sum(shares.values())
        if weight > 0:
            found.append(Reason("words", field, _as_written(query, terms), round(weight, 4)))
    if meaning_score > 0:
        found.append(Reason("meaning", "", (), round(meaning_score / total, 4)))
    return tuple(sorted(found, key=lambda reason: -reason.weight))


def _terms_by_field(matches: Sequence[Match]) -> dict[str, list[QueryTerm]]:
    by_field: dict[str, dict[QueryTerm, None]] = {}
    for match in matches:
        by_field.setdefault(match.text.field, {}).update(dict.fromkeys(match.terms))
    return {field: list(by_field[field]) for field in FIELDS if field in by_field}


def _share(field: str, terms: Sequence[QueryTerm], rarity: Mapping[str, float]) -> float:
    return _FIELD_WEIGHT.get(field, 1.0) * sum(rarity.get(term.term, 1.0) for term in terms)


def _as_written(query: str, terms: Sequence[QueryTerm]) -> tuple[str, ...]:
    """Return the words as the user wrote them; Chinese words that follow each other make one."""
    return tuple(query[start:end] for start, end in _merged([(term.start, term.end) for term in terms]))
