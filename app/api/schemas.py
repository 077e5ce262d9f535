"""The shapes of the API's answers, as JSON Schema (the dialect of OpenAPI 3.1). Tests hold every answer to them."""

from __future__ import annotations

from typing import Any

from catalog.intake import Status
from catalog.model import Action, Audience, Kind, Severity, Visibility

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Refer to one of :data:`SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_IRI: Schema = {"type": "string", "format": "iri"}
_URL: Schema = {"type": "string", "format": "uri"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TEXTS: Schema = _map(_TEXT) | {"description": "Texts by language tag (BCP 47)."}
_KIND: Schema = {"type": "string", "enum": [kind.value for kind in Kind]}
_VISIBILITY: Schema = {"type": "string", "enum": [visibility.value for visibility in Visibility]}
_CURSOR: Schema = _or_null(_TEXT) | {"description": "Cursor of the next page; null on the last."}
_LINKS: Schema = _map(_URL)
_OUTCOME_FIELDS: dict[str, Schema] = {
    "where": _TEXT,
    "iri": _or_null(_IRI),
    "record": _or_null(_IRI),
    "status": {"type": "string", "enum": [status.value for status in Status]},
    "code": _TEXT,
    "message": _TEXT,
    "params": _map({}),
    "findings": _list(ref("Finding")),
}
_RECORD_FIELDS: dict[str, Schema] = {
    "id": _TEXT,
    "record": _IRI,
    "iri": _IRI,
    "kind": _KIND,
    "label": _TEXT,
    "visibility": _VISIBILITY,
    "code": _or_null({"type": "string", "minLength": 32, "maxLength": 65}),
    "source": _IRI,
    "created": _TIME,
    "modified": _TIME,
    "withdrawn": _or_null(_TIME),
    "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    "links": _LINKS,
}

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "An error (RFC 9457).",
        "properties": {
            "type": _URL,
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": _TEXT,
            "code": _TEXT,
            "where": _TEXT,
            "params": _map({}),
        },
        "required": ["type", "title", "status", "detail", "code"],
        "additionalProperties": False,
    },
    "Index": _object({"title": _TEXT, "version": _TEXT, "links": _LINKS}),
    "OpenApi": {"type": "object", "required": ["openapi", "info", "paths"]},
    "Fragment": _object(
        {
            "field": _TEXT,
            "language": _TEXT,
            "pieces": _list(_object({"text": _TEXT, "match": _FLAG})),
        }
    ),
    "Reason": _object({"kind": _TEXT, "field": _TEXT, "terms": _list(_TEXT), "weight": _NUMBER}),
    "Hit": _object(
        {
            "id": _TEXT,
            "record": _IRI,
            "iri": _IRI,
            "kind": _KIND,
            "score": _NUMBER,
            "title": _TEXTS,
            "description": _TEXTS,
            "publisher": _TEXTS,
            "values": _map(_list(_TEXT)),
            "modified": _TIME,
            "fragments": _list(ref("Fragment")),
            "reasons": _list(ref("Reason")),
            "links": _LINKS,
        }
    ),
    "FacetValue": _object({"value": _TEXT, "label": _TEXT, "count": _COUNT}),
    "SearchPage": _object(
        {
            "total": _COUNT,
            "hits": _list(ref("Hit")),
            "facets": _map(_list(ref("FacetValue"))),
            "next": _CURSOR,
        }
    ),
    "Suggestions": _object({"suggestions": _list(_TEXT)}),
    "Hits": _object({"hits": _list(ref("Hit"))}),
    "RecordSummary": _object(_RECORD_FIELDS),
    "RecordPage": _object({"records": _list(ref("RecordSummary")), "next": _CURSOR}),
    "Records": _object({"records": _list(ref("RecordSummary"))}),
    "Finding": _object(
        {
            "severity": {"type": "string", "enum": [severity.value for severity in Severity]},
            "focus": _TEXT,
            "path": _TEXT,
            "value": _TEXT,
            "component": _TEXT,
            "shape": _TEXT,
            "messages": _TEXTS,
        }
    ),
    "Event": _object(
        {
            "seq": _COUNT,
            "action": {"type": "string", "enum": [action.value for action in Action]},
            "at": _TIME,
            "actor": _TEXT,
            "source": _IRI,
            "visibility": _VISIBILITY,
            "hash": _TEXT,
        }
    ),
    "Record": _object(
        _RECORD_FIELDS
        | {
            "actor": _TEXT,
            "title": _TEXTS,
            "description": _TEXTS,
            "aliases": _list(_TEXT),
            "findings": _list(ref("Finding")),
            "history": _list(ref("Event")),
        }
    ),
    "Neighbour": _object(
        {
            "property": _IRI,
            "property_label": _TEXT,
            "outgoing": _FLAG,
            "iri": _IRI,
            "label": _TEXT,
            "record": _or_null(_IRI),
            "kind": _or_null(_KIND),
        }
    ),
    "Neighbours": _object({"iri": _IRI, "neighbours": _list(ref("Neighbour"))}),
    "Concept": _object(
        {
            "iri": _IRI,
            "notation": _TEXT,
            "label": _TEXT,
            "labels": _TEXTS,
            "definitions": _TEXTS,
            "broader": _or_null(_IRI),
        }
    ),
    "CodeList": _object(
        {"iri": _IRI, "label": _TEXT, "labels": _TEXTS, "version": _TEXT, "concepts": _list(ref("Concept"))}
    ),
    "CodeLists": _object({"schemes": _list(_object({"name": _TEXT, "iri": _IRI, "label": _TEXT, "href": _URL}))}),
    "VisibilityChange": _object({"visibility": _VISIBILITY}),
    "Outcome": _object(_OUTCOME_FIELDS),
    "ImportSummary": _object(
        {
            "summary": _object(
                {status.value: _COUNT for status in Status} | {"total": _COUNT, "dry_run": _FLAG, "seconds": _NUMBER}
            )
        }
    ),
    "ImportProgress": _object({"progress": {"type": "number", "minimum": 0, "maximum": 1}}),
    "ImportLine": {
        "description": "A line of the stream: an outcome for each record, then the summary or what ended it.",
        "anyOf": [ref("Outcome"), ref("ImportSummary"), ref("ImportProgress"), _object({"problem": ref("Problem")})],
    },
    "Validation": _object({"conforms": _FLAG, "records": _list(ref("Outcome"))}),
    "Follower": _object({"lag": {"type": "integer", "minimum": -1}, "error": _or_null(_TEXT)}),
    "Status": _object(
        {
            "version": _TEXT,
            "audience": {"type": "string", "enum": [audience.value for audience in Audience]},
            "followers": _map(ref("Follower")),
            "index": _object(
                {"vectors_missing": _COUNT, "rebuilding": _FLAG},
                position=_COUNT,
                records=_COUNT,
            ),
            "counts": _map(_COUNT),
            "total": _COUNT,
        },
        position=_COUNT,
    ),
    "Document": {"description": "A record in the format asked for."},
}
"""Every answer by name; ``components/schemas`` of the OpenAPI document."""
