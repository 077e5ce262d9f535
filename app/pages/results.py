"""Search results: the address is the state, every hit says why it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request
from pyoxigraph import Literal

from app.i18n import N_, Words
from app.pages.frame import Reader, page
from app.pages.names import KIND_NAMES, Names, iri_values, query_text, shorten
from catalog.catalogue import Catalogue
from catalog.model import Kind
from catalog.ports import FACETS, Fragment, Hit, SearchPage, SearchRequest
from ontology.description import expand
from ontology.namespaces import ODRL

FACET_NAMES: dict[str, str] = {
    "kind": N_("Kind"),
    "theme": N_("Theme"),
    "industry": N_("Industry"),
    "publisher": N_("Provider"),
    "format": N_("Format"),
    "licence": N_("Licence"),
    "frequency": N_("Updated"),
    "delivery": N_("Delivery"),
    "language": N_("Language"),
    "scenario": N_("Scenario"),
}
SORTS: tuple[tuple[str, str], ...] = (
    ("relevance", N_("best match")),
    ("modified", N_("newest first")),
    ("title", N_("by title")),
)
FIELD_NAMES: dict[str, str] = {
    "title": N_("title"),
    "description": N_("description"),
    "keyword": N_("keywords"),
    "theme": N_("theme"),
    "publisher": N_("provider"),
    "item": N_("data items"),
    "identifier": N_("identifier"),
}
"""What the fields that reasons and fragments name are called."""

SIZE = 20
_LONGEST_QUERY = 1000
_LONGEST_GIST = 400
_MOST_VALUES = 50
_OPEN_VALUES = 6


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet with how many records have it; ``param`` is how addresses write it."""

    param: str
    text: str
    language: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: ``first`` are the values shown at once, ``more`` those that open on demand."""

    name: str
    heading: str
    first: list[FacetValue]
    more: list[FacetValue]


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter and the address of the same search without it."""

    facet: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Result:
    """A hit with what its line needs beside its own texts; ``title`` is cut into (text, is a match) pieces."""

    hit: Hit
    title: list[tuple[str, bool]]
    title_language: str
    gist: dict[str, str]
    kind: str
    formats: list[str]
    use: str
    why: list[str]
    near: float
    fragment: Fragment | None


def results(catalogue: Catalogue, reader: Reader) -> Response:
    """Show what the address asks for. Raises ``ParameterError`` for what it cannot mean."""
    wanted = read_request(reader.language)
    found = catalogue.index.search(reader.audience, wanted)
    names = Names(catalogue.graphs, reader.audience, reader.words)
    names.learn(_values_to_name(found, wanted))
    uses = terms_of_use(catalogue, reader, found.hits, names)
    number = _page_number(found.total)
    shown_before = (number - 1) * SIZE
    return page(
        reader,
        "results.html",
        catalogue.settings,
        wanted=wanted,
        found=found,
        facets=[_facet(name, found, wanted, names, reader.words) for name in FACETS],
        chips=list(_chips(wanted, names, reader.words)),
        results=[result_of(hit, names, reader.words, uses) for hit in found.hits],
        sorts=[(key, reader.words.gettext(text)) for key, text in SORTS if key != "relevance" or wanted.text],
        sort=_sort(wanted),
        first=shown_before + 1 if found.hits else 0,
        last=shown_before + len(found.hits),
        next_page=number + 1,
        without_filters=_address({"q": wanted.text}),
        field_names=FIELD_NAMES,
    )


def read_request(language: str) -> SearchRequest:
    """Read the search that the address of the current request describes."""
    args = request.args
    filters = {
        name: tuple(dict.fromkeys(expand(value)[:2000] for value in args.getlist(name) if value))[:_MOST_VALUES]
        for name in FACETS
    }
    return SearchRequest(
        text=" ".join(args.get("q", "").split())[:_LONGEST_QUERY],
        language=language,
        filters={name: values for name, values in filters.items() if values},
        sort=args.get("sort") or "relevance",
        size=SIZE,
        cursor=args.get("cursor") or None,
    )


def _sort(wanted: SearchRequest) -> str:
    return "modified" if wanted.sort == "relevance" and not wanted.text else wanted.sort


def _page_number(total: int) -> int:
    """The page that the reader believes to be on; the cursor decides what is shown, this only counts along."""
    text = request.args.get("page", "")
    number = int(text) if text.isdecimal() and len(text) < 8 and request.args.get("cursor") else 1
    return max(1, min(number, -(-total // SIZE) or 1))


def _values_to_name(found: SearchPage, wanted: SearchRequest) -> list[str]:
    named = [value for name, values in found.facets.items() if name != "kind" for value, _ in values]
    named += [value for name, values in wanted.filters.items() if name != "kind" for value in values]
    named += [value for hit in found.hits for name in ("format", "licence") for value in hit.values.get(name, ())]
    return named


def facet_values(
    name: str, counts: Sequence[tuple[str, int]], chosen: Sequence[str], names: Names, words: Words
) -> list[FacetValue]:
    """Name the values of a facet; those that are chosen come first, also where nothing is left of them."""
    known = dict(counts)
    ordered = [*chosen, *(value for value, _ in counts if value not in chosen)]
    values = []
    for value in ordered:
        tag, text = value_name(name, value, names, words)
        values.append(FacetValue(shorten(value), text, tag, known.get(value, 0), value in chosen))
    return values


def value_name(facet: str, value: str, names: Names, words: Words) -> tuple[str, str]:
    """Return (language tag, text) of one value of a facet."""
    if facet == "kind":
        return words.language, words.gettext(KIND_NAMES[Kind(value)][1]) if value in set(Kind) else value
    return words.choose(names.of(value).texts)


def _facet(name: str, found: SearchPage, wanted: SearchRequest, names: Names, words: Words) -> Facet:
    chosen = wanted.filters.get(name, ())
    values = facet_values(name, found.facets.get(name, ()), chosen, names, words)
    open_count = max(_OPEN_VALUES, len(chosen))
    if len(values) <= open_count + 1:
        open_count = len(values)
    return Facet(name, words.gettext(FACET_NAMES[name]), values[:open_count], values[open_count:])


def _chips(wanted: SearchRequest, names: Names, words: Words) -> list[Chip]:
    pairs = [(name, value) for name, values in wanted.filters.items() for value in values]
    chips = []
    for name, value in pairs:
        rest = [("q", wanted.text)] + [(n, shorten(v)) for n, v in pairs if (n, v) != (name, value)]
        text = value_name(name, value, names, words)[1]
        chips.append(Chip(words.gettext(FACET_NAMES[name]), text, "?" + urlencode(rest)))
    return chips


def _address(params: Mapping[str, str]) -> str:
    return "?" + urlencode(params)


def result_of(hit: Hit, names: Names, words: Words, uses: Mapping[str, str]) -> Result:
    """Put one hit into words."""
    why, near = [], 0.0
    for reason in hit.reasons:
        if reason.kind == "meaning":
            near = max(near, reason.weight)
            continue
        field = words.gettext(FIELD_NAMES[reason.field]) if reason.field in FIELD_NAMES else reason.field
        terms = words.listing([words.gettext("“%(term)s”", term=term) for term in reason.terms[:4]])
        why.append(words.gettext("%(terms)s in %(field)s", terms=terms, field=field) if terms else field)
    formats = [names.text(value) for value in hit.values.get("format", ())][:5]
    tag, pieces, shown = _marked_title(hit, words)
    return Result(
        hit=hit,
        title=pieces,
        title_language=tag,
        gist={language: text[:_LONGEST_GIST] for language, text in hit.description.items()},
        kind=words.gettext(KIND_NAMES[hit.kind][0]),
        formats=formats,
        use=uses.get(hit.graph, ""),
        why=why[:3],
        near=min(1.0, near),
        fragment=next((one for one in hit.fragments if one is not shown), None),
    )


def _marked_title(hit: Hit, words: Words) -> tuple[str, list[tuple[str, bool]], Fragment | None]:
    """Cut the title where words match, if a fragment is of the title that the reader sees; that one is shown then."""
    tag, title = words.choose(hit.title)
    title = title or hit.iri
    for fragment in hit.fragments:
        text = "".join(piece for piece, _ in fragment.pieces)
        if fragment.field == "title" and text and text in title:
            before, _, after = title.partition(text)
            return tag, [(before, False), *fragment.pieces, (after, False)], fragment
    return tag, [(title, False)], None


def terms_of_use(catalogue: Catalogue, reader: Reader, hits: Sequence[Hit], names: Names) -> dict[str, str]:
    """Return the terms of use of each hit in a word or two, by graph."""
    graphs = iri_values(hit.graph for hit in hits)
    if not graphs:
        return {}
    said: dict[str, set[str]] = {}
    for row in catalogue.graphs.select(reader.audience, query_text("use").replace("__GRAPHS__", graphs)):
        term = row["term"]
        said.setdefault(row["record"].value, set()).add(term.value if not isinstance(term, Literal) else "")
    words = reader.words
    return {hit.graph: _use_in_a_word(hit, said.get(hit.graph, set()), names, words) for hit in hits}


def _use_in_a_word(hit: Hit, said: set[str], names: Names, words: Words) -> str:
    licences = [names.text(value) for value in hit.values.get("licence", ())]
    if ODRL + "compensate" in said or ODRL + "pay" in said:
        return words.gettext("for payment")
    if ODRL + "constraint" in said:
        return words.gettext("on conditions")
    if licences:
        return licences[0]
    if ODRL + "permission" in said:
        return words.gettext("free to use")
    rights = next((value for value in said if not value.startswith(ODRL)), "")
    return names.text(rights) if rights else ""
