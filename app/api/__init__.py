"""The JSON API under ``/api/v1``, and the OpenAPI description that its operations give of themselves.

May import what ``app`` may. Start with ``operations.py``; each other module ends with the operations it serves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.access import Access
from app.api import importing, meta, records, searching
from app.api.openapi import write_openapi
from app.api.operations import Call, Operation, Text, language_of_request
from app.crossorigin import open_to_all
from catalog.catalogue import Catalogue

__all__ = ["OPERATIONS", "PREFIX", "api_blueprint"]

PREFIX = "/api/v1"
_ABOUT: Text = ("This description (OpenAPI 3.1).", "本接口说明（OpenAPI 3.1）。")


def _describe(call: Call) -> dict[str, Any]:
    base = url_for("api.index", _external=True).rstrip("/")
    return write_openapi(OPERATIONS, version("spacecat"), base, call.language)


OPERATIONS: tuple[Operation, ...] = (
    *meta.OPERATIONS,
    Operation("GET", "/openapi.json", "get_openapi", _ABOUT, _describe, "OpenApi"),
    *searching.OPERATIONS,
    *records.OPERATIONS,
    *importing.OPERATIONS,
)
"""Every operation of the API; routes, checks and description are made from them."""


def api_blueprint(catalogue: Catalogue, access: Access) -> Blueprint:
    """Return the API over a catalogue. Errors are raised; the application answers them as problem documents."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for operation in OPERATIONS:
        view = _view(operation, catalogue, access)
        blueprint.add_url_rule(operation.route, operation.name, view, methods=[operation.method])
    blueprint.after_request(open_to_all)
    return blueprint


def _view(operation: Operation, catalogue: Catalogue, access: Access) -> Callable[..., Response]:
    def view(**path_values: str) -> Response:
        if request.method != "GET":
            access.check_origin()
        if operation.operator:
            access.require_operator()
        audience = access.audience()
        values = operation.read(path_values)
        answer = operation.handler(Call(catalogue, audience, language_of_request(), values))
        response = answer if isinstance(answer, Response) else _json(answer)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["Content-Language"] = language_of_request()
        response.vary.update(["Accept-Language", "Authorization", "Cookie"])
        return response

    return view


def _json(answer: dict[str, Any]) -> Response:
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Response(text + "\n", content_type="application/json")
