"""The neighbours of a record or a term: a picture to walk in, and the same facts as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, url_for

from app.i18n import Words
from app.pages.facts import relation_words
from app.pages.frame import Reader, page
from app.pages.names import KIND_NAMES, Name, Names, shorten
from app.pages.picture import Link, Picture, draw
from catalog.catalogue import Catalogue
from catalog.model import Iri, Record
from catalog.neighbours import Neighbour, find_neighbours
from ontology import terms
from ontology.description import expand

_MACHINERY = frozenset(
    expand(name)
    for name in (
        "odrl:action",
        "odrl:leftOperand",
        "odrl:operator",
        "odrl:target",
        "odrl:unit",
        "csvw:datatype",
        "dcat:mediaType",
        "dct:type",
        "http://data.europa.eu/r5r/availability",
    )
)
"""Properties whose objects say how a statement is built, not what a thing is connected with."""

_TELLING_TERMS = frozenset(
    expand(name) for name in ("dcat:theme", "dct:subject", "sc:industry", "sc:meaning", "odrl:rightOperand")
)
"""Properties that lead to terms worth walking to; format, language and the like only stand in the table."""

_PUBLISHER, _ASSIGNER = expand("dct:publisher"), expand("odrl:assigner")


@dataclass(frozen=True, slots=True)
class Around:
    """The picture of what is around one thing, and all links for the table."""

    picture: Picture
    links: list[Link]


def neighbours_page(catalogue: Catalogue, reader: Reader, record: Record) -> Response:
    """Show the neighbours of a record that the reader may see."""
    around = look_around(catalogue, reader, record.iri)
    return page(reader, "neighbours.html", catalogue.settings, record=record, around=around)


def look_around(catalogue: Catalogue, reader: Reader, iri: str) -> Around:
    """Find and draw what is one hop from ``iri``."""
    found = worth_showing(find_neighbours(catalogue.graphs, reader.audience, iri))
    names = Names(catalogue.graphs, reader.audience, reader.words)
    names.learn([iri, *(one.iri for one in found)])
    links = [_link(one, names, reader.words) for one in found]
    name = names.of(iri)
    tag, text = reader.words.choose(name.texts)
    kind = reader.words.gettext(KIND_NAMES[name.kind][0]) if name.kind else reader.words.gettext("term")
    centre = Link("", True, text, tag, name.kind or "term", kind, name.href, iri)
    return Around(draw(centre, links), links)


def worth_showing(found: Iterable[Neighbour]) -> list[Neighbour]:
    """Keep records and known terms, records first: an address elsewhere is shown on the record's page."""
    kept = [
        one for one in found if one.property not in _MACHINERY and (one.record is not None or terms.labels(one.iri))
    ]
    published = {(one.outgoing, one.iri) for one in kept if one.property == _PUBLISHER}
    # Who publishes a dataset sets its terms as a rule; saying so twice only fills the picture.
    kept = [one for one in kept if one.property != _ASSIGNER or (one.outgoing, one.iri) not in published]
    return sorted(kept, key=lambda one: (one.record is None, one.property, one.iri))


def _link(one: Neighbour, names: Names, words: Words) -> Link:
    name = names.of(one.iri)
    tag, text = words.choose(name.texts)
    kind_name = words.gettext(KIND_NAMES[one.kind][0]) if one.kind else words.gettext("term")
    return Link(
        relation=relation_words(one.property, one.outgoing, words),
        outgoing=one.outgoing,
        name=text,
        language=tag,
        kind=one.kind or "term",
        kind_name=kind_name,
        href=walk_href(name),
        iri=Iri(one.iri),
        pictured=one.record is not None or not one.outgoing or one.property in _TELLING_TERMS,
    )


def walk_href(name: Name) -> str:
    """Return the address at which ``name`` is in the middle of the picture."""
    if name.kind is not None:
        return f"{name.href}/neighbours"
    return url_for("pages.show_term", iri=shorten(name.iri)) + "#neighbours"
