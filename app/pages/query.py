"""The SPARQL page: a query in the address, its result as a table with links, as text, and to download."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Response, request
from pyoxigraph import Literal, NamedNode, QueryBoolean, QueryResultsFormat, RdfFormat, parse, parse_query_results

from app.errors import Problem, problem_of
from app.i18n import N_, Words
from app.pages.frame import Reader, page, reader_of
from app.pages.names import Names, shorten, web_href
from catalog.catalogue import Catalogue
from catalog.errors import SpacecatError
from catalog.model import Audience, Limits
from catalog.ports import QueryRequest, QueryResult, Term
from ontology import terms
from ontology.namespaces import PREFIXES

SHOWN_ROWS = 500
"""Rows of a result that the page shows; a download has all of them."""

_RESULTS, _TRIPLES = "application/sparql-results+json", "application/n-triples"

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("datasets", N_("Datasets and who provides them")),
    ("formats", N_("How many datasets there are in each format")),
    ("fields", N_("Fields that mean a carbon footprint, and their units")),
    ("needs", N_("What scenarios still lack")),
    ("permitted", N_("What may be used for which purpose")),
    ("services", N_("Services and the datasets they serve")),
    ("describe", N_("Everything about one dataset, as triples")),
)

RESULT_FORMATS = (
    ("CSV", "text/csv", "csv"),
    ("TSV", "text/tab-separated-values", "tsv"),
    ("JSON", "application/sparql-results+json", "json"),
    ("XML", "application/sparql-results+xml", "xml"),
)
GRAPH_FORMATS = (
    ("Turtle", "text/turtle", "ttl"),
    ("N-Triples", "application/n-triples", "nt"),
    ("RDF/XML", "application/rdf+xml", "rdf"),
    ("JSON-LD", "application/ld+json", "jsonld"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One term of a result as the page writes it; ``raw`` is the term as RDF writes it."""

    text: str
    language: str
    href: str
    raw: str
    numeric: bool = False


@dataclass(slots=True)
class Answer:
    """What came back: rows with their columns, or yes or no. ``cut`` says that there are more rows than shown."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    truth: bool | None = None
    triples: bool = False
    cut: bool = False
    seconds: float = 0.0

    @property
    def formats(self) -> tuple[tuple[str, str, str], ...]:
        """Names, media types and file endings in which the whole result can be had."""
        return GRAPH_FORMATS if self.triples else RESULT_FORMATS


def query_page(catalogue: Catalogue, audience: Audience) -> Response:
    """Show the editor, and below it what the query in the address or the form gives."""
    reader = reader_of(audience)
    text = request.values.get("query", "")
    answer: Answer | None = None
    problem: Problem | None = None
    if text.strip():
        try:
            answer = _run(catalogue, reader, text)
        except SpacecatError as error:
            problem = problem_of(error, reader.language)
    return page(
        reader,
        "sparql.html",
        catalogue.settings,
        status=problem.status if problem else 200,
        query=text,
        answer=answer,
        problem=problem,
        examples=[(reader.words.gettext(title), example_text(name)) for name, title in EXAMPLES],
        prefixes=PREFIXES,
        shown_rows=SHOWN_ROWS,
        limits=catalogue.settings,
    )


@cache
def example_text(name: str) -> str:
    """Return one of the example queries."""
    return (Path(__file__).parent / "examples" / f"{name}.rq").read_text(encoding="utf-8")


@cache
def known_names(language: str) -> list[tuple[str, str]]:
    """Return (prefixed name, label) of every class and property that records use, for the editor to complete."""
    subjects = {
        triple.subject.value
        for name in ("spacecat", "labels")
        for triple in parse(terms.document(name), format=RdfFormat.TURTLE)
        if isinstance(triple.subject, NamedNode)
    }
    named = ((shorten(iri), terms.label(iri, language) or "") for iri in subjects)
    return sorted(pair for pair in named if "://" not in pair[0])


def _run(catalogue: Catalogue, reader: Reader, text: str) -> Answer:
    settings = catalogue.settings
    asked = QueryRequest(
        text,
        default_graphs=tuple(request.values.getlist("default-graph-uri")),
        named_graphs=tuple(request.values.getlist("named-graph-uri")),
        results_media_type=_RESULTS,
        graph_media_type=_TRIPLES,
    )
    limits = Limits(settings.query_time_s, settings.query_memory_mb * 1_000_000, settings.query_rows)
    start = time.perf_counter()
    result = catalogue.graphs.query(reader.audience, asked, limits)
    answer = Answer(triples=result.media_type.startswith(_TRIPLES))
    rows = list(_read(result, answer))
    answer.seconds = time.perf_counter() - start
    answer.cut = len(rows) > SHOWN_ROWS
    names = Names(catalogue.graphs, reader.audience, reader.words)
    names.learn({term.value for row in rows for term in row if isinstance(term, NamedNode)})
    answer.rows = [
        [write_cell(term, names, reader.words, settings.base_iri) for term in row] for row in rows[:SHOWN_ROWS]
    ]
    return answer


def _read(result: QueryResult, answer: Answer) -> Iterator[list[Term | None]]:
    """Read as many rows as are shown, and one more; then let go of the rest."""
    body = io.BufferedReader(_Chunks(result.chunks))
    if answer.triples:
        answer.columns = ["subject", "predicate", "object"]
        for triple in islice(parse(body, format=RdfFormat.N_TRIPLES), SHOWN_ROWS + 1):
            yield [triple.subject, triple.predicate, triple.object]
    else:
        solutions = parse_query_results(body, QueryResultsFormat.JSON)
        if isinstance(solutions, QueryBoolean):
            answer.truth = bool(solutions)
        else:
            answer.columns = [variable.value for variable in solutions.variables]
            for solution in islice(solutions, SHOWN_ROWS + 1):
                yield [solution[name] for name in answer.columns]
    body.close()


class _Chunks(io.RawIOBase):
    """Chunks as a file to be read from; what the engine raises comes out of reading."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        """It is only read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as the chunk at hand goes."""
        self._rest = self._rest or next(filter(None, self._chunks), b"")
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """End the query if the engine is still at it."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        super().close()


def write_cell(term: Term | None, names: Names, words: Words, base_iri: str) -> Cell:
    """Write one term: records and terms by name, other IRIs with a prefix or from our base, literals as text."""
    if term is None:
        return Cell("", "", "", "")
    if isinstance(term, NamedNode):
        name = names.of(term.value)
        if name.external and term.value.startswith(base_iri):
            path = term.value.removeprefix(base_iri)
            return Cell(f"<{path}>", "", f"{request.script_root}/{path}", str(term))
        if name.external:
            return Cell(shorten(term.value), "", web_href(term.value), str(term))
        tag, text = words.choose(name.texts)
        return Cell(text, tag, name.href, str(term))
    if isinstance(term, Literal):
        numeric = term.datatype.value.endswith(("#integer", "#decimal", "#double", "#float"))
        return Cell(term.value, term.language or "", "", str(term), numeric)
    return Cell(str(term), "", "", str(term))
