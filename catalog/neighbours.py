"""One hop in the graph: what a record or a term is connected with, as far as the audience may see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode

from catalog.model import Audience, GraphIri, Iri, Kind
from catalog.ports import GraphStore, Solution


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One connection. ``outgoing`` says that the centre's record states it; else the neighbour's record does.

    ``record`` and ``kind`` are ``None`` where the neighbour has no record here: a term, or something elsewhere.
    """

    property: Iri
    outgoing: bool
    iri: Iri
    record: GraphIri | None
    kind: Kind | None


def find_neighbours(graphs: GraphStore, audience: Audience, iri: str) -> list[Neighbour]:
    """Return what ``iri`` is connected with, at most 400 connections each way, in a stable order.

    What a record says about its nested parts (a distribution's service, an offer's assigner) counts as said about
    the record. Connections that records hidden from ``audience`` state, or that lead to them, do not appear as
    records; those that lead to them appear as an IRI without a record, because the visible record says so itself.
    """
    try:
        centre = NamedNode(iri)
    except ValueError:
        return []
    found = [
        _neighbour(row, outgoing)
        for query, outgoing in (("neighbours_out", True), ("neighbours_in", False))
        for row in graphs.select(audience, _query(query), {"centre": centre})
    ]
    return sorted(set(found), key=lambda one: (not one.outgoing, one.property, one.kind or "~", one.iri))


def _neighbour(row: Solution, outgoing: bool) -> Neighbour:
    record, kind = row.get("record"), row.get("kind")
    return Neighbour(
        property=Iri(row["property"].value),
        outgoing=outgoing,
        iri=Iri(row["other"].value),
        record=GraphIri(record.value) if record is not None else None,
        kind=Kind(kind.value) if kind is not None and kind.value in set(Kind) else None,
    )


@cache
def _query(name: str) -> str:
    return (Path(__file__).parent / f"{name}.rq").read_text(encoding="utf-8")
