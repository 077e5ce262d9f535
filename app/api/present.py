"""Turns records, hits and outcomes into the JSON that ``schemas.py`` describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from pyoxigraph import NamedNode

from app.api.operations import Call
from app.errors import explain, messages_of
from app.i18n import Words
from app.pages.names import KIND_NAMES, Names
from catalog.intake import Outcome
from catalog.ledger import Event
from catalog.model import Finding, GraphIri, Kind, Record
from catalog.neighbours import Neighbour
from catalog.ports import FACETS, Hit, SearchPage
from ontology import terms
from ontology.description import Description

Json = dict[str, Any]


class Presenter:
    """Writes for one caller, with labels in the caller's language."""

    def __init__(self, call: Call) -> None:
        self._words = Words(call.language)
        self._names = Names(call.catalogue.graphs, call.audience, self._words)

    def record(self, record: Record) -> Json:
        """Return what every list says of a record; learn its name beforehand by :meth:`records`."""
        return {
            "id": record.id,
            "record": record.graph,
            "iri": record.iri,
            "kind": record.kind.value,
            "label": self._names.text(record.iri),
            "visibility": record.visibility.value,
            "code": record.code,
            "source": record.source,
            "created": write_time(record.created),
            "modified": write_time(record.modified),
            "withdrawn": write_time(record.withdrawn) if record.withdrawn else None,
            "hash": record.hash,
            "links": record_links(record.graph),
        }

    def records(self, records: Sequence[Record]) -> list[Json]:
        """Return a list of records, their names looked up in one query."""
        self._names.learn(record.iri for record in records)
        return [self.record(record) for record in records]

    def detail(self, record: Record, content: str, aliases: Sequence[str], history: Sequence[Event]) -> Json:
        """Return everything about one record but its content."""
        about, node = Description.parse(content), NamedNode(record.iri)
        self._names.learn([record.iri])
        return self.record(record) | {
            "actor": record.actor,
            "title": about.texts(node, "dct:title", "foaf:name"),
            "description": about.texts(node, "dct:description"),
            "aliases": list(aliases),
            "findings": [write_finding(finding) for finding in record.findings],
            "history": [_event(event) for event in history],
        }

    def hit(self, hit: Hit) -> Json:
        """Return one hit with its reasons and fragments."""
        return {
            "id": hit.graph.rsplit("/", 1)[-1],
            "record": hit.graph,
            "iri": hit.iri,
            "kind": hit.kind.value,
            "score": float(hit.score),
            "title": dict(hit.title),
            "description": dict(hit.description),
            "publisher": dict(hit.publisher),
            "values": {facet: list(values) for facet, values in hit.values.items()},
            "modified": write_time(hit.modified),
            "fragments": [
                {
                    "field": fragment.field,
                    "language": fragment.language,
                    "pieces": [{"text": text, "match": match} for text, match in fragment.pieces],
                }
                for fragment in hit.fragments
            ],
            "reasons": [
                {"kind": r.kind, "field": r.field, "terms": list(r.terms), "weight": float(r.weight)}
                for r in hit.reasons
            ],
            "links": record_links(hit.graph),
        }

    def page(self, page: SearchPage) -> Json:
        """Return a page of hits with labelled facet counts, in the order in which pages show the facets."""
        self._names.learn(value for name, counts in page.facets.items() if name != "kind" for value, _ in counts)
        return {
            "total": page.total,
            "hits": [self.hit(hit) for hit in page.hits],
            "facets": {
                name: [
                    {"value": value, "label": self._facet_label(name, value), "count": count}
                    for value, count in page.facets[name]
                ]
                for name in FACETS
                if name in page.facets
            },
            "next": page.next,
        }

    def _facet_label(self, facet: str, value: str) -> str:
        if facet == "kind" and value in set(Kind):
            return self._words.gettext(KIND_NAMES[Kind(value)][1])
        return self._names.text(value)

    def neighbours(self, neighbours: Sequence[Neighbour]) -> list[Json]:
        """Return connections with the names of properties and of what they lead to."""
        self._names.learn(neighbour.iri for neighbour in neighbours)
        return [
            {
                "property": neighbour.property,
                "property_label": self._names.text(neighbour.property),
                "outgoing": neighbour.outgoing,
                "iri": neighbour.iri,
                "label": self._names.text(neighbour.iri),
                "record": neighbour.record,
                "kind": neighbour.kind.value if neighbour.kind else None,
            }
            for neighbour in neighbours
        ]

    def choose(self, texts: Mapping[str, str]) -> str:
        """Return the text that suits the caller best."""
        return self._words.choose(texts)[1]

    def scheme(self, scheme: terms.Scheme) -> Json:
        """Return a code list with its concepts in order."""
        known = [concept for concept in map(terms.concept, scheme.concepts) if concept is not None]
        return {
            "iri": scheme.iri,
            "label": self.choose(scheme.labels),
            "labels": scheme.labels,
            "version": scheme.version,
            "concepts": [
                {
                    "iri": concept.iri,
                    "notation": concept.notation,
                    "label": self.choose(concept.labels),
                    "labels": concept.labels,
                    "definitions": concept.definitions,
                    "broader": next(iter(concept.broader), None),
                }
                for concept in known
            ],
        }

    def outcome(self, outcome: Outcome) -> Json:
        """Return what became of one record; ``message`` says why it was rejected."""
        return write_outcome(outcome, self._words.language)


def write_outcome(outcome: Outcome, language: str) -> Json:
    """Return an outcome with its reason in ``language``."""
    message = explain(outcome.code, outcome.params, language, outcome.where) if outcome.code else ""
    return {
        "where": outcome.where,
        "iri": outcome.iri,
        "record": outcome.graph,
        "status": outcome.status.value,
        "code": outcome.code,
        "message": message,
        "params": {key: _plain(value) for key, value in outcome.params.items()},
        "findings": [write_finding(finding) for finding in outcome.findings],
    }


def write_finding(finding: Finding) -> Json:
    """Return one result of a check."""
    return asdict(finding) | {"severity": finding.severity.value, "messages": messages_of(finding)}


def write_time(moment: datetime) -> str:
    """Return a moment in UTC (RFC 3339)."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def record_links(graph: GraphIri) -> dict[str, str]:
    """Return where to go from a record: its page, and what the API says of it."""
    record_id = graph.rsplit("/", 1)[-1]
    endpoints = {
        "self": "get_record",
        "content": "get_content",
        "neighbours": "list_neighbours",
        "similar": "list_similar",
    }
    links = {name: url_for(f"api.{endpoint}", id=record_id, _external=True) for name, endpoint in endpoints.items()}
    return {"html": url_for("dereference.show_record", name=record_id, _external=True), **links}


def _event(event: Event) -> Json:
    return {
        "seq": event.seq,
        "action": event.action.value,
        "at": write_time(event.at),
        "actor": event.actor,
        "source": event.source,
        "visibility": event.visibility.value,
        "hash": event.hash,
    }


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)
