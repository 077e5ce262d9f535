"""How far the catalogue is: what it holds, and whether search has caught up with it."""

from __future__ import annotations

from flask import Response

from app.pages.frame import Reader, page
from app.pages.names import KIND_NAMES
from catalog.catalogue import Catalogue
from catalog.visibility import visibilities_of


def status_page(catalogue: Catalogue, reader: Reader) -> Response:
    """Show counts and progress."""
    counts = catalogue.ledger.count_by_kind(visibilities_of(reader.audience))
    ledger, graphs = catalogue.ledger.position(), catalogue.graphs.position()
    progress = catalogue.index.progress()
    return page(
        reader,
        "status.html",
        catalogue.settings,
        counts=[(reader.words.gettext(KIND_NAMES[kind][1]), count) for kind, count in counts.items()],
        total=sum(counts.values()),
        ledger=ledger,
        graphs=graphs,
        progress=progress,
    )
