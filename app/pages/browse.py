"""Browsing: all values of one facet, with how many records each has."""

from __future__ import annotations

from flask import Response

from app.i18n import N_
from app.pages.frame import Reader, page
from app.pages.names import Names
from app.pages.results import FACET_NAMES, facet_values
from catalog.catalogue import Catalogue
from catalog.errors import NotFoundError
from catalog.ports import FACETS, SearchRequest

HEADINGS: dict[str, str] = {
    **FACET_NAMES,
    "theme": N_("Themes"),
    "industry": N_("Industries"),
    "publisher": N_("Participants who provide"),
    "scenario": N_("Scenarios"),
    "kind": N_("Kinds of records"),
    "format": N_("Formats"),
    "licence": N_("Licences"),
    "language": N_("Languages"),
    "frequency": N_("Update frequencies"),
    "delivery": N_("Ways of delivery"),
}
_MOST = 500


def browse(catalogue: Catalogue, reader: Reader, facet: str) -> Response:
    """Show the values of ``facet``. Raises ``NotFoundError`` if there is no such facet."""
    if facet not in FACETS:
        raise NotFoundError("page-unknown", where=f"/browse/{facet}")
    found = catalogue.index.search(
        reader.audience, SearchRequest(language=reader.language, size=1, facets=(facet,), facet_size=_MOST)
    )
    names = Names(catalogue.graphs, reader.audience, reader.words)
    counts = found.facets.get(facet, ())
    names.learn(value for value, _ in counts)
    values = facet_values(facet, counts, (), names, reader.words)
    return page(
        reader,
        "browse.html",
        catalogue.settings,
        facet=facet,
        heading=reader.words.gettext(HEADINGS[facet]),
        values=values,
        cut=len(values) == _MOST,
        others=[(name, reader.words.gettext(HEADINGS[name])) for name in FACETS],
    )
