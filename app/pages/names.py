"""What people call the things that IRIs stand for: records of this catalogue, terms of its vocabularies, or neither."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from flask import request, url_for
from pyoxigraph import Literal, NamedNode

from app.i18n import N_, Words
from catalog.model import Audience, Kind
from catalog.ports import GraphStore, Term
from ontology import terms
from ontology.namespaces import PREFIXES

KIND_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.CATALOG: (N_("space"), N_("Spaces")),
    Kind.SERIES: (N_("dataset series"), N_("Dataset series")),
    Kind.DATASET: (N_("dataset"), N_("Datasets")),
    Kind.SERVICE: (N_("data service"), N_("Data services")),
    Kind.PARTICIPANT: (N_("participant"), N_("Participants")),
    Kind.COMPONENT: (N_("technical component"), N_("Technical components")),
    Kind.SCENARIO: (N_("scenario"), N_("Scenarios")),
    Kind.DATA_MODEL: (N_("data model"), N_("Data models")),
    Kind.POLICY: (N_("policy"), N_("Policies")),
    Kind.GRAPH: (N_("graph"), N_("Graphs")),
}
"""One, and many, of each kind."""

_MOST_NESTED = 200
_WEB_SCHEMES = ("http", "https", "mailto", "tel", "ftp")


@dataclass(frozen=True, slots=True)
class Name:
    """An IRI as a page shows it. ``texts`` are by language tag; ``href`` is empty where nothing is to be opened."""

    iri: str
    texts: dict[str, str]
    href: str
    external: bool = False
    kind: Kind | None = None


@cache
def query_text(name: str) -> str:
    """Return one of the queries that lie beside this module."""
    return (Path(__file__).parent / f"{name}.rq").read_text(encoding="utf-8")


def iri_values(iris: Iterable[str]) -> str:
    """Write IRIs for a VALUES block, leaving out what is no IRI."""
    written = []
    for iri in iris:
        try:
            written.append(str(NamedNode(iri)))
        except ValueError:
            continue
    return " ".join(written)


class Names:
    """Names for one reader. ``learn`` asks the store about many IRIs at once; ``of`` answers from what was learnt."""

    def __init__(self, graphs: GraphStore, audience: Audience, words: Words) -> None:
        self._graphs = graphs
        self._audience = audience
        self._words = words
        self._records: dict[str, Name] = {}
        self._nested: dict[str, Name] = {}
        self._asked: set[str] = set()

    def learn(self, iris: Iterable[str]) -> None:
        """Find out which of the IRIs are records that the reader may see, and their titles."""
        wanted = list(dict.fromkeys(iri for iri in iris if iri not in self._asked and not terms.labels(iri)))
        self._asked.update(wanted)
        values = iri_values(wanted)
        if not values:
            return
        for row in self._graphs.select(self._audience, query_text("names").replace("__IRIS__", values)):
            iri, graph, kind = row["iri"].value, row["record"].value, row["kind"].value
            name = self._records.setdefault(
                iri, Name(iri, {}, record_href(graph), kind=Kind(kind) if kind in set(Kind) else None)
            )
            _add_label(name, row.get("label"))
        for iri in [iri for iri in wanted if iri not in self._records][:_MOST_NESTED]:
            self._learn_nested(iri)

    def _learn_nested(self, iri: str) -> None:
        """Find what a record calls something that it describes in passing, such as its licence or a publisher.

        One bounded query each: thousands of records may describe the same publisher.
        """
        values = iri_values([iri])
        if not values:
            return
        name = Name(iri, {}, web_href(iri), external=True)
        for row in self._graphs.select(self._audience, query_text("nested_name").replace("__IRI__", values)):
            _add_label(name, row["label"])
        if name.texts:
            self._nested[iri] = name

    def of(self, iri: str) -> Name:
        """Return the name of an IRI: of the record, of the term, else the last part of the IRI."""
        if iri in self._records and self._records[iri].texts:
            return self._records[iri]
        labels = terms.labels(iri)
        if labels:
            return Name(iri, labels, url_for("pages.show_term", iri=shorten(iri)))
        return self._nested.get(iri) or Name(iri, {"": last_part(iri)}, web_href(iri), external=True)

    def text(self, iri: str) -> str:
        """Return the name of an IRI as plain text in the reader's language."""
        return self._words.choose(self.of(iri).texts)[1]


def _add_label(name: Name, label: Term | None) -> None:
    if isinstance(label, Literal):
        name.texts.setdefault(label.language or "", label.value)


def record_href(graph: str) -> str:
    """Return the address of a record's page, which is the path of its graph's IRI."""
    return f"{request.script_root}/record/{quote(graph.rsplit('/', 1)[-1])}"


def web_href(iri: str) -> str:
    """Return ``iri`` if a browser may follow it, else an empty text: never ``javascript:`` or ``data:``."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return ""
    return iri if parts.scheme.lower() in _WEB_SCHEMES and (parts.netloc or parts.scheme in ("mailto", "tel")) else ""


def shorten(iri: str) -> str:
    """Write an IRI with one of our prefixes where one fits: ``eu:frequency/MONTHLY``."""
    best = max(
        ((prefix, space) for prefix, space in PREFIXES.items() if iri.startswith(space) and len(iri) > len(space)),
        key=lambda item: len(item[1]),
        default=None,
    )
    return f"{best[0]}:{iri[len(best[1]) :]}" if best else iri


def last_part(iri: str) -> str:
    """Return the part of an IRI that tells most: its last segment, decoded; all of it where there is none."""
    path = iri.split("?", 1)[0].rstrip("/#")
    return unquote(path.rsplit("#", 1)[-1].rsplit("/", 1)[-1]) or iri
