"""Text to terms, the same for documents and queries, whatever languages are mixed in them.

Full-width and compatibility forms are folded (NFKC), traditional characters become simplified ones, Chinese is cut
into words and the dictionary's words within them, everything else at its letters and digits; Latin loses case and
accents. A term has a stem beside it, made by the rules of English. One analysis for all languages keeps mixed titles
and wrong language tags harmless: a French word is cut short in the same way on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import opencc
import rjieba
import tantivy

VERSION = "1"
"""Changes whenever the same text may give other terms; an index made by another version is built anew."""

_HAN_RANGES = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufa6d\ufa70-\ufad9\U00020000-\U0002a6df\U0002a700-\U0002b738"
    "\U0002b740-\U0002b81d\U0002b820-\U0002cea1\U0002ceb0-\U0002ebe0\U0002f800-\U0002fa1d\U00030000-\U0003134a"
)
_HAN = re.compile(f"[{_HAN_RANGES}]+")
_RUN = re.compile(f"[{_HAN_RANGES}]+|[^{_HAN_RANGES}]+")
_NO_KEY = re.compile(r"[\W_]+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_WORD_BYTES = 200

_PARTICLES = (
    "的 了 和 与 及 或 在 是 有 对 为 以 于 等 中 请 请问 吗 呢 我 要 想 找 关于 有关 哪些 什么 怎么 如何 一个 "
    "a an and are as at be by can do for from had has have how i in is it its me my of on or our that the their "
    "there these they this those to was we were what when where which who will with you your"
)
STOP_WORDS = frozenset(_PARTICLES.split())
"""Words that a query does without where it says anything else; documents keep them."""


class Token(NamedTuple):
    """A term, its stem, and where in the text it stands: ``text[start:end]`` is the word as its writer knows it."""

    term: str
    stem: str
    start: int
    end: int


class QueryTerm(NamedTuple):
    """A term of a query with its stem and the place of its first word in the query."""

    term: str
    stem: str
    start: int
    end: int


@cache
def word_analyzer() -> tantivy.TextAnalyzer:
    """Return the analysis into terms of text that :func:`segment` has been over, as the engine runs it."""
    return _folding().build()


@cache
def stem_analyzer() -> tantivy.TextAnalyzer:
    """Return the analysis into stems of text that :func:`segment` has been over, as the engine runs it."""
    return _folding().filter(tantivy.Filter.stemmer("english")).build()


def _folding() -> tantivy.TextAnalyzerBuilder:
    filters = tantivy.Filter
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (filters.remove_long(_LONGEST_WORD_BYTES), filters.lowercase(), filters.ascii_fold()):
        builder = builder.filter(step)
    return builder


@cache
def _simplified() -> dict[int, str]:
    characters = [chr(code) for code in range(0x3400, 0xA000)]
    simple = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, simple, strict=True) if old != new and len(new) == 1}


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _simplified()))}]")


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """Return ``text`` with compatibility forms folded and traditional characters simplified; case is kept."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return folded.translate(_simplified()) if _traditional().search(folded) else folded


def segment(text: str) -> str:
    """Return ``text`` normalised and with spaces around each Chinese word, ready for :func:`analyzer`."""
    if text.isascii():
        return text
    return _HAN.sub(lambda run: _short_cut(run[0]) if len(run[0]) < 40 else _cut(run[0]), normalise(text))


def _cut(run: str) -> str:
    return f" {' '.join(rjieba.cut_for_search(run, False))} "


_short_cut = lru_cache(maxsize=50_000)(_cut)
"""Keywords, names and the phrases of templates come again and again."""


def split_name(name: str) -> str:
    """Return a technical name with the words in it apart: ``cellVoltage_max`` gives ``cell Voltage max``."""
    return _CAMEL.sub(" ", name).replace("_", " ")


def iter_tokens(text: str) -> Iterator[Token]:
    """Yield the terms of ``text`` with their places in it, in order; words within words follow the words they end.

    They are the terms that the analyzers give for ``segment(text)``, repetitions included.
    """
    for run, start in _runs(text):
        if _HAN.match(run):
            yield from _han_tokens(run, start)
        elif run.isascii():
            yield from _ascii_tokens(run, start)
        else:
            yield from _other_tokens(run, start)


def iter_tokens_like(text: str, stems: Collection[str]) -> Iterator[Token]:
    """Yield the tokens of a text that may have one of ``stems``, several times as fast as all of them.

    Stemming leaves the first two letters of a word alone (but for "dying", "lying" and "tying").
    """
    beginnings = frozenset(stem[:2] for stem in stems if stem.isascii())
    foreign = [stem for stem in stems if not stem.isascii()]
    for run, start in _runs(text):
        if run.isascii():
            if beginnings:
                yield from _ascii_tokens(run, start, _words_beginning(beginnings))
        elif not _HAN.match(run):
            yield from _other_tokens(run, start)
        elif any(stem in run for stem in foreign):
            yield from _han_tokens(run, start)


def _runs(text: str) -> Iterator[tuple[str, int]]:
    """Yield the stretches of Chinese and of everything else, normalised where that keeps places."""
    if text.isascii():
        yield text, 0
        return
    normal = normalise(text)
    for run in _RUN.finditer(normal if len(normal) == len(text) else text):
        yield run[0], run.start()


def _han_tokens(text: str, offset: int) -> Iterator[Token]:
    for term, begin, end in rjieba.tokenize(text, "search", False):
        yield Token(term, term, offset + begin, offset + end)


@lru_cache(maxsize=20_000)
def tokens_of_label(text: str) -> tuple[Token, ...]:
    """Return the terms of a short text that comes again and again: a keyword, a name, the label of a concept."""
    return tuple(iter_tokens(text))


@lru_cache(maxsize=1000)
def _words_beginning(beginnings: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(sorted(beginnings))})[A-Za-z0-9]*", re.IGNORECASE)


def _ascii_tokens(text: str, offset: int, words: re.Pattern[str] = _ASCII_WORD) -> Iterator[Token]:
    for word in words.finditer(text):
        term, stem = _forms(word[0])
        if term:
            yield Token(term, stem, offset + word.start(), offset + word.end())


@lru_cache(maxsize=100_000)
def _forms(word: str) -> tuple[str, str]:
    terms, stems = word_analyzer().analyze(word), stem_analyzer().analyze(word)
    return (terms[0], stems[0]) if terms and stems else ("", "")


def _other_tokens(text: str, offset: int) -> Iterator[Token]:
    """Leave it to the engine what belongs to a word in the scripts of the world."""
    found = word_analyzer().pre_tokenize(text).tokens
    for token, stem in zip(found, stem_analyzer().analyze(text), strict=True):
        yield Token(token.text, stem, offset + token.char_offset_from, offset + token.char_offset_to)


def query_terms(text: str, most: int = 24) -> list[QueryTerm]:
    """Return the terms of a query, each once, at most ``most``, stop words left out.

    A query of stop words alone keeps them. Only the first two thousand characters count.
    """
    text = text[:2000]
    found: dict[str, QueryTerm] = {}
    for token in iter_tokens(text):
        found.setdefault(token.term, QueryTerm(token.term, token.stem, token.start, token.end))
    telling = [term for term in found.values() if term.term not in STOP_WORDS]
    return (telling or list(found.values()))[:most]


def exact_key(text: str) -> str:
    """Return what two titles or identifiers share when people would call them the same: no case, spaces, points."""
    return _NO_KEY.sub("", normalise(text).casefold())[:200]


def sort_key(text: str, language: str) -> str:
    """Return a string that sorts titles as readers of ``language`` expect.

    Chinese sorts by sound: GB 18030 puts the 3,755 commonest characters in that order, and the rarer ones after them
    by radical. Everything else sorts without case and accents.
    """
    folded = normalise(text).casefold()[:120]
    if language.startswith("zh"):
        return folded.encode("gb18030", "replace").decode("latin-1")
    if folded.isascii():
        return folded
    plain = unicodedata.normalize("NFKD", folded)
    return "".join(character for character in plain if not unicodedata.combining(character))
