"""The service description (SPARQL 1.1 Service Description): what the endpoint is and can do, as RDF."""

from __future__ import annotations

from pyoxigraph import RdfFormat, parse, serialize

from catalog.query import GRAPH_MEDIA_TYPES, RESULTS_MEDIA_TYPES

_FORMATS: dict[str, str] = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
_TEMPLATE = """\
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix format: <http://www.w3.org/ns/formats/> .
@prefix dct: <http://purl.org/dc/terms/> .
<{endpoint}> a sd:Service ;
    sd:endpoint <{endpoint}> ;
    dct:title "{title_en}"@en , "{title_zh}"@zh ;
    sd:supportedLanguage sd:SPARQL11Query , sd:SPARQL11Update ;
    sd:feature sd:UnionDefaultGraph ;
    sd:resultFormat {formats} ;
    sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ] .
"""


def describe(endpoint: str, titles: tuple[str, str], media_type: str) -> bytes:
    """Return the description of the service at ``endpoint``, with its English and Chinese title."""
    title_en, title_zh = (title.replace("\\", "\\\\").replace('"', '\\"') for title in titles)
    formats = " , ".join(f"format:{_FORMATS[known]}" for known in (*RESULTS_MEDIA_TYPES, *GRAPH_MEDIA_TYPES))
    turtle = _TEMPLATE.format(endpoint=endpoint, title_en=title_en, title_zh=title_zh, formats=formats)
    form = RdfFormat.from_media_type(media_type)
    triples = parse(turtle, format=RdfFormat.TURTLE)
    return serialize(triples, format=form) or b""
