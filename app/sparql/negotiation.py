"""Which format an answer takes: by ``format=`` or by ``Accept`` with its weights (RFC 9110 §12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from catalog.errors import ParameterError
from catalog.query import GRAPH_MEDIA_TYPES, RESULTS_MEDIA_TYPES

HTML = "text/html"
_CHARSET = re.compile(r";\s*charset=[^;,]*", re.IGNORECASE)
"""Everything here is UTF-8, and a client that says so for a format wants that format."""

_NAMES: dict[str, tuple[str | None, str | None]] = {
    "json": ("application/sparql-results+json", "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv", None),
    "tsv": ("text/tab-separated-values", None),
    "turtle": (None, "text/turtle"),
    "ttl": (None, "text/turtle"),
    "ntriples": (None, "application/n-triples"),
    "nt": (None, "application/n-triples"),
    "rdfxml": (None, "application/rdf+xml"),
    "rdf": (None, "application/rdf+xml"),
    "jsonld": (None, "application/ld+json"),
    "trig": (None, "application/trig"),
    "nquads": (None, "application/n-quads"),
    "nq": (None, "application/n-quads"),
}
"""What ``format=`` takes, beside media types: the format of rows, and that of triples."""

_ALSO: dict[str, str] = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
_ALSO_GRAPHS: dict[str, str] = {
    "application/json": "application/ld+json",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
    "text/plain": "application/n-triples",
    "application/x-turtle": "text/turtle",
}


def formats_by_name(name: str) -> tuple[str | None, str | None]:
    """Return the media types of rows and of triples that ``format=`` asks for.

    Raises ``ParameterError`` (``format-unknown``).
    """
    asked = name.strip().lower()
    if asked in _NAMES:
        return _NAMES[asked]
    results = asked if asked in RESULTS_MEDIA_TYPES else _ALSO.get(asked)
    graph = asked if asked in GRAPH_MEDIA_TYPES else _ALSO_GRAPHS.get(asked)
    if results is None and graph is None:
        raise ParameterError("format-unknown", where="format", value=name, known=", ".join(_NAMES))
    return results, graph


@lru_cache(maxsize=1024)
def formats_by_accept(accept: str) -> tuple[str | None, str | None]:
    """Return the media types of rows and of triples that an ``Accept`` header prefers; ``None`` if it takes none."""
    if not accept.strip():
        return RESULTS_MEDIA_TYPES[0], GRAPH_MEDIA_TYPES[0]
    accepted = parse_accept_header(_CHARSET.sub("", accept), MIMEAccept)
    return _best(accepted, RESULTS_MEDIA_TYPES, _ALSO), _best(accepted, GRAPH_MEDIA_TYPES, _ALSO_GRAPHS)


@lru_cache(maxsize=1024)
def prefers_html(accept: str) -> bool:
    """Say whether a page is wanted rather than data: browsers do, programs that take anything do not."""
    known = [*RESULTS_MEDIA_TYPES, *GRAPH_MEDIA_TYPES, HTML]
    return parse_accept_header(_CHARSET.sub("", accept), MIMEAccept).best_match(known) == HTML


def _best(accepted: MIMEAccept, known: tuple[str, ...], also: dict[str, str]) -> str | None:
    best = accepted.best_match([*known, *also])
    return also.get(best, best) if best else None
