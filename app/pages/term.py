"""A term: what it is called in every language, what it means, where it stands, and what uses it."""

from __future__ import annotations

from flask import Response, request

from app.pages.facts import Value
from app.pages.frame import Reader, page
from app.pages.names import Names
from app.pages.neighbours import look_around
from catalog.catalogue import Catalogue
from catalog.errors import NotFoundError
from ontology import terms
from ontology.description import expand


def term_page(catalogue: Catalogue, reader: Reader) -> Response:
    """Show the term that ``?iri=`` names. Raises ``NotFoundError`` for one that no vocabulary here has."""
    wanted = request.args.get("iri", "")
    concept = terms.concept(expand(wanted)) if wanted else None
    if concept is None:
        raise NotFoundError("term-unknown", where=wanted)
    names = Names(catalogue.graphs, reader.audience, reader.words)
    scheme = next((one for one in terms.schemes() if concept.iri in (one.iri, *one.concepts)), None)
    siblings = [iri for iri in scheme.concepts if iri != concept.iri] if scheme else []
    narrower = [iri for iri in siblings if concept.iri in _broader(iri)]
    return page(
        reader,
        "term.html",
        catalogue.settings,
        concept=concept,
        scheme=scheme,
        is_scheme=scheme is not None and scheme.iri == concept.iri,
        broader=[_value(iri, names, reader) for iri in concept.broader],
        narrower=[_value(iri, names, reader) for iri in narrower],
        siblings=[_value(iri, names, reader) for iri in siblings if iri not in narrower],
        matches=[_value(iri, names, reader) for iri in concept.exact_matches],
        around=look_around(catalogue, reader, concept.iri),
    )


def _broader(iri: str) -> tuple[str, ...]:
    found = terms.concept(iri)
    return found.broader if found else ()


def _value(iri: str, names: Names, reader: Reader) -> Value:
    name = names.of(iri)
    tag, text = reader.words.choose(name.texts)
    return Value(text, tag, name.href, name.external, iri)
