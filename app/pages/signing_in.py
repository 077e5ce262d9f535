"""Signing in with a token, and out again."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.access import Access
from app.errors import Problem, problem_of
from app.pages.frame import Reader, page
from catalog.catalogue import Catalogue
from catalog.errors import DeniedError


def sign_in_page(catalogue: Catalogue, reader: Reader, problem: Problem | None = None) -> Response:
    """Show the form, with what was wrong the last time."""
    status = problem.status if problem else 200
    return page(reader, "sign_in.html", catalogue.settings, status, problem=problem, then=_safe_target())


def sign_in(catalogue: Catalogue, access: Access, reader: Reader) -> AnyResponse:
    """Take the token of the form; go where the reader wanted to, or say what is wrong with it.

    Raises ``DeniedError`` for a form from another site.
    """
    access.check_origin()
    try:
        access.sign_in(request.form.get("token", ""))
    except DeniedError as error:
        return sign_in_page(catalogue, reader, problem_of(error, reader.language))
    return redirect(_safe_target(), 303)


def sign_out(access: Access) -> AnyResponse:
    """End the session. Raises ``DeniedError`` for a form from another site."""
    access.check_origin()
    access.sign_out()
    return redirect("/", 303)


def _safe_target() -> str:
    """Return the path that ``then`` names if it lies on this site, else the home page."""
    target = request.values.get("then", "/")
    try:
        parts = urlsplit(target)
    except ValueError:  # such as a bracket that nothing closes
        return "/"
    local = not parts.scheme and not parts.netloc and target.startswith("/") and "\\" not in target
    return target if local and not target.startswith("//") else "/"
