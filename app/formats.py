"""The formats in which a record leaves the catalogue: RDF in every syntax, and the foreign ones of ``mappings``.

The same table serves content negotiation, file endings, the API and the command line.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse, serialize

from app.labelling import Labels
from app.turtle import write_turtle
from catalog.errors import InputError, ParameterError
from catalog.model import Kind, Record
from mappings import formats as foreign
from ontology.description import Description
from ontology.namespaces import PREFIXES

_CHUNK_BYTES = 1 << 16
_DATASETS = frozenset({Kind.DATASET, Kind.SERIES})
_FRAMES: dict[str, tuple[bytes, bytes]] = {
    "croissant": (b"[", b"\n]\n"),
    "ckan": (b'{"success": true, "result": {"results": [', b"\n]}}\n"),
    "dcat-us": (
        b'{"@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld", "@type": "dcat:Catalog", '
        b'"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", '
        b'"describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json", "dataset": [',
        b"\n]}\n",
    ),
}
"""What stands before and after the datasets of a whole catalogue."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its ``name`` in parameters, media type, file ending, and the RDF syntax if it is one.

    ``graphs`` says that it keeps the names of graphs.
    """

    name: str
    media_type: str
    ending: str
    syntax: RdfFormat | None = None
    graphs: bool = False

    @property
    def content_type(self) -> str:
        """Return the media type with the encoding where its default would be another one."""
        return self.media_type + ("; charset=utf-8" if self.media_type.startswith("text/") else "")


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("turtle", "text/turtle", "ttl", RdfFormat.TURTLE),
        Format("jsonld", "application/ld+json", "jsonld", RdfFormat.JSON_LD),
        Format("rdfxml", "application/rdf+xml", "rdf", RdfFormat.RDF_XML),
        Format("ntriples", "application/n-triples", "nt", RdfFormat.N_TRIPLES),
        Format("trig", "application/trig", "trig", RdfFormat.TRIG, graphs=True),
        Format("nquads", "application/n-quads", "nq", RdfFormat.N_QUADS, graphs=True),
        Format("croissant", 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"', "croissant.json"),
        Format("ckan", "application/json; profile=ckan", "ckan.json"),
        Format("dcat-us", "application/json; profile=dcat-us", "dcat-us.json"),
    )
}
"""All formats by name, the most readable first."""

BY_ENDING: dict[str, Format] = {form.ending: form for form in FORMATS.values()}
NEGOTIABLE: tuple[Format, ...] = tuple(form for form in FORMATS.values() if form.syntax is not None)
"""Those that ``Accept`` can ask for; the foreign ones are no RDF of the same graph and have addresses of their own."""


def find_format(name: str) -> Format | None:
    """Return a format by name, file ending or media type."""
    lowered = name.strip().lower().removeprefix(".")
    by_media_type = {form.media_type: form for form in NEGOTIABLE}
    return FORMATS.get(lowered) or BY_ENDING.get(lowered) or by_media_type.get(lowered)


def get_format(name: str) -> Format:
    """Return a format by name, file ending or media type. Raises ``ParameterError`` (``format-unknown``)."""
    found = find_format(name)
    if found is None:
        raise ParameterError("format-unknown", where="format", value=name, known=", ".join(FORMATS))
    return found


def write_record(form: Format, record: Record, content: str, labels: Labels) -> bytes:
    """Return one record in a format; ``content`` is its named graph as N-Triples.

    A foreign format also names what the record refers to, by ``labels``. Raises ``InputError``
    (``format-unsuitable``) where it has no way to say what the record is.
    """
    if form.syntax is None:
        return _write_foreign(form, record, content, labels).to_bytes()
    return write_rdf(form, content, record.graph, (record.iri,))


def write_rdf(form: Format, ntriples: str, graph: str, first: Iterable[str] = ()) -> bytes:
    """Return the statements of one graph in an RDF syntax; resources named by ``first`` come first in Turtle."""
    if form.syntax is RdfFormat.N_TRIPLES:
        return ntriples.encode()
    if form.syntax in (RdfFormat.TURTLE, RdfFormat.TRIG):
        return write_turtle(ntriples, first, graph if form.graphs else None).encode()
    quads = _quads(ntriples, graph if form.graphs else None)
    return serialize(quads, format=form.syntax, prefixes=_prefixes(form)) or b""


def write_catalogue(form: Format, records: Iterable[tuple[Record, str]], labels: Labels) -> Iterator[bytes]:
    """Yield many records as one document, record by record where the format allows.

    A foreign format takes the records that it can express and leaves out the others.
    """
    if form.syntax is None:
        yield from _foreign_document(form, records, labels)
    elif form.syntax in (RdfFormat.JSON_LD, RdfFormat.RDF_XML):
        yield from _spooled(form, records)
    else:
        for record, content in records:
            yield write_rdf(form, content, record.graph, (record.iri,))


def _quads(ntriples: str, graph: str | None) -> Iterator[Quad]:
    name = NamedNode(graph) if graph is not None else DefaultGraph()
    for quad in parse(ntriples, format=RdfFormat.N_TRIPLES):
        yield Quad(quad.subject, quad.predicate, quad.object, name)


def _spooled(form: Format, records: Iterable[tuple[Record, str]]) -> Iterator[bytes]:
    """These syntaxes have a beginning and an end, which only their own serialiser writes."""
    quads = (quad for _, content in records for quad in _quads(content, None))
    with tempfile.TemporaryFile() as file:
        serialize(quads, file, form.syntax, prefixes=_prefixes(form))
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _prefixes(form: Format) -> dict[str, str] | None:
    return PREFIXES if form.syntax is RdfFormat.RDF_XML else None


def _write_foreign(form: Format, record: Record, content: str, labels: Labels) -> foreign.ForeignDocument:
    if record.kind not in _DATASETS:
        raise InputError("format-unsuitable", where=record.iri, value=form.name)
    return foreign.export(form.name, Description.parse(content + labels.statements(content)), record.iri)


def _foreign_document(form: Format, records: Iterable[tuple[Record, str]], labels: Labels) -> Iterator[bytes]:
    opening, closing = _FRAMES[form.name]
    yield opening
    separator = b"\n"
    for record, content in records:
        if record.kind in _DATASETS:
            document = _write_foreign(form, record, content, labels).document
            yield separator + json.dumps(document, ensure_ascii=False).encode()
            separator = b",\n"
    yield closing
