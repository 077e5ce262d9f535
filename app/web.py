"""The web application: puts the surfaces together and answers for what they have in common."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.api import api_blueprint
from app.bodies import BODY, BodyGate
from app.dereference import dereference_blueprint
from app.errors import Problem, explain, problem_of
from app.pages import error_page, pages_blueprint, render_record
from app.pages.frame import page_language
from app.sparql import sparql_blueprint
from app.sparql.protocol import MAX_BYTES
from catalog.catalogue import Catalogue
from catalog.errors import DeniedError, SpacecatError
from catalog.model import Audience

log = logging.getLogger(__name__)

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_UPLOADS = frozenset({"/api/v1/imports", "/import", "/graphs"})
"""Where operators send what may be as large as the settings say."""


def create_app(catalogue: Catalogue, threads: int = 16) -> Flask:
    """Return the application over an open catalogue. ``threads`` are those that will answer; half may read bodies."""
    access = Access(catalogue.settings)
    app = Flask("app")
    app.config.update(
        SECRET_KEY=access.secret_key,
        SESSION_COOKIE_NAME="spacecat",
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=catalogue.settings.upload_max_mb * 1_000_000,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(sparql_blueprint(catalogue, access))
    app.register_blueprint(api_blueprint(catalogue, access))
    app.register_blueprint(dereference_blueprint(catalogue, access, render_record))
    app.register_blueprint(pages_blueprint(catalogue, access))
    _answer_errors(app, catalogue, access)
    app.before_request(_bound_body)
    app.after_request(_secured)
    app.wsgi_app = BodyGate(app.wsgi_app, max(1, threads // 2))  # type: ignore[method-assign]
    return app


def _bound_body() -> None:
    """Hold forms and queries, which are read into memory, to a size of their own."""
    if request.path not in _UPLOADS:
        request.max_content_length = MAX_BYTES
    if request.content_length is None:  # sent in chunks; the framework would cut it off at its limit in silence
        request.environ[BODY].most = request.max_content_length
        request.max_content_length = sys.maxsize


def _secured(response: Response) -> Response:
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _answer_errors(app: Flask, catalogue: Catalogue, access: Access) -> None:
    def answer(problem: Problem) -> Response:
        if _wants_page():
            return error_page(catalogue, _audience(access), problem)
        return _problem_response(problem)

    app.register_error_handler(SpacecatError, lambda error: answer(problem_of(error, page_language())))
    app.register_error_handler(HTTPException, lambda error: _answer_http(error, answer))
    app.register_error_handler(Exception, lambda error: answer(_unexpected(error)))


def _answer_http(error: HTTPException, answer: Callable[[Problem], Response]) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    code, params = _http_problem(error)
    return answer(Problem(error.code, code, explain(code, params, page_language(), request.path), request.path, params))


def _http_problem(error: HTTPException) -> tuple[str, dict[str, object]]:
    if isinstance(error, MethodNotAllowed):
        return "method-not-allowed", {
            "method": request.method,
            "allowed": ", ".join(sorted(error.valid_methods or ())),
        }
    if isinstance(error, RequestEntityTooLarge):
        return "upload-too-large", {"value": (request.max_content_length or 0) // 1_000_000}
    if isinstance(error, NotFound):
        return "page-unknown", {}
    return "request-invalid", {"reason": error.name}


def _unexpected(error: Exception) -> Problem:
    number = secrets.token_hex(4)
    log.error("internal error %s at %s %s", number, request.method, request.path, exc_info=error)
    return Problem(500, "internal-error", explain("internal-error", {}, page_language(), number), number, {})


def _problem_response(problem: Problem) -> Response:
    response = jsonify(problem.body())
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="spacecat"'
    return response


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html"


def _audience(access: Access) -> Audience:
    try:
        return access.audience()
    except DeniedError:
        return Audience.PUBLIC
