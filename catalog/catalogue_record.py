"""Writes a record's named graph: what was submitted, and the ``dcat:CatalogRecord`` that the catalogue adds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from catalog.model import Kind, Record
from ontology.namespaces import DCAT, DCT, FOAF, RDF, SC, XSD

_OBJECT_BLANK = re.compile(r"> _:c14n(?=\d+ \.$)", re.MULTILINE)


def compose_graph(record: Record, submitted: str) -> str:
    """Return the named graph of ``record`` as N-Triples; ``submitted`` is its canonical content.

    Canonical blank node labels (``_:c14n0``) repeat from record to record, and stores keep labels: they are made
    unique by the record's id here.
    """
    if record.kind is Kind.GRAPH:
        return _unique_blank_nodes(record.id, submitted)
    return _unique_blank_nodes(record.id, submitted) + "\n".join(_catalogue_record(record)) + "\n"


def _unique_blank_nodes(record_id: str, submitted: str) -> str:
    if "_:c14n" not in submitted:
        return submitted
    label = "_:r" + re.sub("[^0-9A-Za-z]", "", record_id) + "n"
    renamed = ("\n" + submitted).replace("\n_:c14n", "\n" + label)[1:]
    return _OBJECT_BLANK.sub("> " + label, renamed)


def _catalogue_record(record: Record) -> list[str]:
    node = f"<{record.graph}>"
    lines = [
        f"{node} <{RDF}type> <{DCAT}CatalogRecord> .",
        f"{node} <{FOAF}primaryTopic> <{record.iri}> .",
        f"{node} <{SC}kind> {_quoted(record.kind)} .",
        f"{node} <{SC}visibility> {_quoted(record.visibility)} .",
        f"{node} <{DCT}issued> {_date_time(record.created)} .",
        f"{node} <{DCT}modified> {_date_time(record.modified)} .",
        f"{node} <{DCT}source> <{record.source}> .",
        f"{node} <{DCT}creator> {_quoted(record.actor)} .",
        f"{node} <{SC}contentHash> {_quoted(record.hash)} .",
    ]
    if record.code:
        lines.append(f"{node} <{DCT}identifier> {_quoted(record.code)} .")
    return lines


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _date_time(moment: datetime) -> str:
    return f'"{moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}"^^<{XSD}dateTime>'
