"""The first page: the question box, ways in with real counts, what is new."""

from __future__ import annotations

from flask import Response

from app.i18n import N_
from app.pages.frame import Reader, page
from app.pages.names import KIND_NAMES, Names
from app.pages.results import FacetValue, facet_values
from catalog.catalogue import Catalogue
from catalog.model import Kind
from catalog.ports import SearchRequest

WAYS_IN = (
    ("industry", N_("Industries")),
    ("theme", N_("Themes")),
    ("scenario", N_("Scenarios")),
    ("publisher", N_("Participants")),
)
"""Facets that people browse by, with the heading of each."""

QUESTIONS = (N_("battery carbon footprint"), N_("question answering corpus"), N_("traffic flow"))
"""Questions to try; each finds something in the demonstration space in either language."""

_SHOWN = 6
_NEWEST = (Kind.DATASET, Kind.SERIES, Kind.SERVICE, Kind.SCENARIO)
_KIND_ORDER = (
    Kind.DATASET,
    Kind.SERIES,
    Kind.SERVICE,
    Kind.PARTICIPANT,
    Kind.SCENARIO,
    Kind.CATALOG,
    Kind.DATA_MODEL,
    Kind.COMPONENT,
    Kind.POLICY,
)


def home(catalogue: Catalogue, reader: Reader) -> Response:
    """Show the first page."""
    facets = ("kind", *(name for name, _ in WAYS_IN))
    search, language = catalogue.index.search, reader.language
    found = search(
        reader.audience,
        SearchRequest(language=language, sort="modified", size=1, facets=facets, facet_size=500),
    )
    newest = search(
        reader.audience,
        SearchRequest(language=language, filters={"kind": _NEWEST}, sort="modified", size=_SHOWN, facets=()),
    )
    names = Names(catalogue.graphs, reader.audience, reader.words)
    names.learn(value for name, _ in WAYS_IN for value, _ in found.facets.get(name, ()))
    ways: list[tuple[str, str, list[FacetValue], int]] = []
    for name, heading in WAYS_IN:
        values = facet_values(name, found.facets.get(name, ()), (), names, reader.words)
        ways.append((name, reader.words.gettext(heading), values[:_SHOWN], len(values)))
    counts = dict(found.facets.get("kind", ()))
    kinds = [(kind, reader.words.gettext(KIND_NAMES[kind][1]), counts[kind]) for kind in _KIND_ORDER if kind in counts]
    return page(
        reader,
        "home.html",
        catalogue.settings,
        total=found.total,
        kinds=kinds,
        ways=ways,
        newest=newest.hits,
        questions=[reader.words.gettext(text) for text in QUESTIONS],
    )
