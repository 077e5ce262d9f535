"""How a record lies in tantivy: its fields, and the way from a search document to one of tantivy's and back."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cache, lru_cache

import tantivy

from catalog import analysis
from catalog.documents import SearchDocument, Text
from catalog.engines.vectors import LEVELS, Place, text_hash
from catalog.model import GraphIri, Iri, Kind
from catalog.ports import FACETS

VERSION = f"1.{analysis.VERSION}"
"""Version of fields and analysis; an index with another stamp counts as empty."""

SORT_LANGUAGES = ("en", "zh")
_SEPARATOR = "\x1f"
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LONGEST_TERM = 200
_LABEL = 60
"""Texts shorter than this, labels of concepts and keywords, come again and again."""


@cache
def schema() -> tantivy.Schema:
    """Return the schema. Texts lie in ``body`` as words and in ``stem`` as stems, titles and keywords again apart."""
    builder = tantivy.SchemaBuilder()
    for name in ("body", "title", "keyword"):
        builder.add_text_field(name, tokenizer_name="words", index_option="freq")
    builder.add_text_field("stem", tokenizer_name="stems", index_option="freq")
    for name in ("graph", "iri", "audience", "exact", "suggest", "meta"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*map(facet_field, FACETS), *map(sort_field, SORT_LANGUAGES)):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("text", fast=True)
    builder.add_unsigned_field("level", fast=True)
    builder.add_integer_field("modified", fast=True)
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


def facet_field(facet: str) -> str:
    """Return the name of a facet's field."""
    return f"facet_{facet}"


def sort_field(language: str) -> str:
    """Return the name of the field by which titles are sorted for readers of ``language``."""
    return "sort_zh" if language.startswith("zh") else "sort_en"


def register(index: tantivy.Index) -> None:
    """Give an open index the analysis of texts."""
    index.register_tokenizer("words", analysis.word_analyzer())
    index.register_tokenizer("stems", analysis.stem_analyzer())


def key_of(graph: str) -> int:
    """Return the number that stands for a record in the index, the same at any time."""
    return int.from_bytes(hashlib.blake2b(graph.encode(), digest_size=8).digest(), "little")


def place_of(document: SearchDocument) -> Place:
    """Return the record's place among the vectors."""
    return Place(text_hash(document.embedding_text()), min(LEVELS[audience] for audience in document.audiences))


def to_tantivy(document: SearchDocument, place: Place) -> tantivy.Document:
    """Return the document that tantivy keeps."""
    made = tantivy.Document()
    made.add_text("graph", document.graph)
    made.add_text("iri", document.iri)
    for audience in document.audiences:
        made.add_text("audience", audience.value)
    _add_texts(made, document)
    for facet, values in document.values.items():
        for value in values:
            made.add_text(facet_field(facet), value)
    _add_order(made, document)
    made.add_unsigned("key", key_of(document.graph))
    made.add_unsigned("text", place.text)
    made.add_unsigned("level", place.level)
    made.add_bytes("stored", _stored(document))
    return made


def _add_texts(made: tantivy.Document, document: SearchDocument) -> None:
    segments = [_segment(text.text) for text in document.texts]
    everything = "\n".join(segments)
    made.add_text("body", everything)
    made.add_text("stem", everything)
    for one, segmented in zip(document.texts, segments, strict=True):
        if one.field in ("title", "keyword"):
            made.add_text(one.field, segmented)
            made.add_text("suggest", suggestion(one.text))
    exact = {analysis.exact_key(title) for title in document.texts_of("title").values()}
    exact |= {analysis.exact_key(identifier) for identifier in document.identifiers}
    for key in exact - {""}:
        made.add_text("exact", key)


def _segment(text: str) -> str:
    return _segment_label(text) if len(text) < _LABEL else analysis.segment(" ".join(text.split()))


@lru_cache(maxsize=20_000)
def _segment_label(text: str) -> str:
    return analysis.segment(" ".join(text.split()))


@lru_cache(maxsize=20_000)
def suggestion(text: str) -> str:
    """Return the term under which a title or keyword is suggested: what a prefix is compared with, then the text."""
    shown = " ".join(text.split())[:_LONGEST_TERM]
    return folded(shown) + _SEPARATOR + shown


def suggested(term: str) -> str:
    """Return the text of a term made by :func:`suggestion`."""
    return term.partition(_SEPARATOR)[2]


def folded(text: str) -> str:
    """Return ``text`` as prefixes are compared: without case, width, traditional characters and surplus space."""
    return " ".join(analysis.normalise(text).casefold().replace(_SEPARATOR, " ").split())


def _add_order(made: tantivy.Document, document: SearchDocument) -> None:
    """Add what records are sorted by; ties end in an order of their own, the same at any time."""
    key = key_of(document.graph)
    made.add_integer("modified", (int(document.modified.timestamp()) << 20) | (key & 0xFFFFF))
    for language in SORT_LANGUAGES:
        titles = document.texts_of("title")
        title = titles.get(language) or titles.get("en") or next(iter(titles.values()), "")
        made.add_text(sort_field(language), f"{analysis.sort_key(title, language)}\x00{key:016x}")


def _stored(document: SearchDocument) -> bytes:
    content = {
        "graph": document.graph,
        "iri": document.iri,
        "kind": document.kind.value,
        "modified": document.modified.isoformat(),
        "texts": [(text.field, text.language, text.text) for text in document.texts],
        "values": document.values,
    }
    return _to_json(content).encode()


def from_tantivy(found: tantivy.Document) -> SearchDocument:
    """Return what :func:`to_tantivy` kept: everything but audiences and identifiers."""
    content = json.loads(bytes(found.get_first("stored") or b""))
    return SearchDocument(
        graph=GraphIri(content["graph"]),
        iri=Iri(content["iri"]),
        kind=Kind(content["kind"]),
        audiences=frozenset(),
        texts=tuple(Text(*text) for text in content["texts"]),
        values={facet: tuple(values) for facet, values in content["values"].items()},
        modified=datetime.fromisoformat(content["modified"]),
    )
