"""A record's page, and what web search engines, citations and prints take from it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.errors import Problem
from app.i18n import N_
from app.pages.frame import Reader, page, reader_of
from app.pages.names import KIND_NAMES
from app.pages.record_view import RecordView, Way, view_record
from catalog.catalogue import Catalogue
from catalog.model import Action, Audience, Kind, Record, Severity, Visibility
from catalog.settings import Settings

EXPORTS: tuple[tuple[str, str], ...] = (
    ("Turtle", "ttl"),
    ("JSON-LD", "jsonld"),
    ("RDF/XML", "rdf"),
    ("N-Triples", "nt"),
)
DATASET_EXPORTS: tuple[tuple[str, str], ...] = (
    ("Croissant", "croissant.json"),
    ("CKAN JSON", "ckan.json"),
)
"""Names and file endings of what a record can be had as."""

VISIBILITY_NAMES = {
    Visibility.PUBLIC: N_("public"),
    Visibility.MEMBERS: N_("members only"),
    Visibility.DRAFT: N_("draft"),
}
ACTION_NAMES = {
    Action.CREATED: N_("registered"),
    Action.UPDATED: N_("content revised"),
    Action.VISIBILITY: N_("visibility changed"),
    Action.WITHDRAWN: N_("withdrawn"),
}
SEVERITY_NAMES = {
    Severity.UNSAFE: N_("Unsafe"),
    Severity.VIOLATION: N_("Must be mended"),
    Severity.WARNING: N_("Should be mended"),
    Severity.INFO: N_("Could be better"),
}

_CITED = frozenset({Kind.DATASET, Kind.SERIES, Kind.SERVICE, Kind.CATALOG, Kind.DATA_MODEL})
_SCHEMA_TYPES = {
    Kind.DATASET: "Dataset",
    Kind.SERIES: "Dataset",
    Kind.CATALOG: "DataCatalog",
    Kind.SERVICE: "WebAPI",
    Kind.PARTICIPANT: "Organization",
    Kind.COMPONENT: "SoftwareApplication",
}


def render_record(catalogue: Catalogue, audience: Audience, record: Record, language: str) -> Response:
    """Show a record, in ``language`` unless the reader chose another.

    Raises ``NotFoundError`` where the audience may not see it.
    """
    reader = reader_of(audience, language)
    view = view_record(catalogue, reader, record)
    exports = EXPORTS + (DATASET_EXPORTS if record.kind in (Kind.DATASET, Kind.SERIES) else ())
    path = f"{request.script_root}/record/{record.id}"
    gettext = reader.words.gettext
    return page(
        reader,
        "record.html",
        catalogue.settings,
        view=view,
        record=record,
        kind_name=gettext(KIND_NAMES[record.kind][0]),
        exports=[(name, f"{path}.{ending}") for name, ending in exports],
        path=path,
        citation=_citation(view, reader, catalogue.settings),
        schema_org=schema_org(view, reader),
        visibility_names={key: gettext(text) for key, text in VISIBILITY_NAMES.items()},
        action_names={key: gettext(text) for key, text in ACTION_NAMES.items()},
        severity_names={key: gettext(text) for key, text in SEVERITY_NAMES.items()},
    )


def error_page(catalogue: Catalogue, audience: Audience, problem: Problem) -> Response:
    """Show an error: what is wrong and what to do; of a withdrawn record, what is left of it."""
    reader = reader_of(audience)
    gone = catalogue.ledger.find_record(str(problem.params.get("graph", ""))) if problem.status == 410 else None
    kind = reader.words.gettext(KIND_NAMES[gone.kind][0]) if gone else ""
    return page(reader, "error.html", catalogue.settings, problem.status, problem=problem, gone=gone, kind=kind)


def _citation(view: RecordView, reader: Reader, settings: Settings) -> str:
    """Say how to cite what can be cited; empty for participants, scenarios and the like."""
    if view.record.kind not in _CITED:
        return ""
    words = reader.words
    space = words.choose({"en": settings.space_title_en, "zh": settings.space_title_zh})[1]
    return words.gettext(
        "%(who)s (%(year)s): %(title)s. %(space)s. %(iri)s",
        who=view.parties[0].value.text if view.parties and view.parties[0].value.text else space,
        year=view.record.created.year,
        title=words.choose(view.titles)[1],
        space=space,
        iri=view.record.iri,
    )


def schema_org(view: RecordView, reader: Reader) -> dict[str, Any]:
    """Say in schema.org's terms what web search engines index (Google Dataset Search's required fields first)."""
    words = reader.words
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": _SCHEMA_TYPES.get(view.record.kind, "CreativeWork"),
        "@id": view.record.iri,
        "name": words.choose(view.titles)[1],
        "description": words.choose(view.notes)[1][:5000],
        "url": view.record.graph,
        "identifier": [code for code in (view.record.code, *view.aliases) if code],
        "keywords": [text for _, text in view.keywords],
        "dateModified": view.record.modified.date().isoformat(),
        "license": next((v.iri for way in view.ways for v in way.licence if v.iri), ""),
        "creator": [{"@type": "Organization", "name": party.value.text} for party in view.parties if party.value.text],
        "distribution": [_data_download(way) for way in view.ways],
        "variableMeasured": [words.choose(item.titles)[1] or item.name for item in view.data_items],
    }
    return {key: value for key, value in data.items() if value}


def _data_download(way: Way) -> dict[str, str]:
    entry = {
        "@type": "DataDownload",
        "contentUrl": way.access[0].href if way.access else "",
        "encodingFormat": way.format[0].text if way.format else "",
    }
    return {key: value for key, value in entry.items() if value}
