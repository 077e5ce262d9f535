"""The media types of SPARQL results, in the order of preference (SPARQL 1.1 Protocol §2.1.7)."""

from __future__ import annotations

RESULTS_MEDIA_TYPES: tuple[str, ...] = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
"""Of solutions and booleans."""

GRAPH_MEDIA_TYPES: tuple[str, ...] = (
    "text/turtle",
    "application/n-triples",
    "application/rdf+xml",
    "application/ld+json",
    "application/trig",
    "application/n-quads",
)
"""Of triples (``CONSTRUCT`` and ``DESCRIBE``)."""
