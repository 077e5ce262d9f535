"""What every page shares: who reads it, in which language and look, and how a template becomes a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request
from markupsafe import Markup, escape

from app.i18n import LANGUAGE_NAMES, LANGUAGES, Words, pick_language
from catalog.model import Audience
from catalog.settings import Settings

LOOKS = ("auto", "light", "dark")
_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a page is for."""

    audience: Audience
    words: Words
    look: str

    @property
    def language(self) -> str:
        """Tag of the page's language."""
        return self.words.language


def page_language(wish: str | None = None) -> str:
    """Return the language of an answer to the current request: ``?lang=``, ``wish``, the cookie, what is accepted."""
    accepted = [tag for tag, _ in request.accept_languages]
    return pick_language(request.args.get("lang"), wish, request.cookies.get("lang"), accepted=accepted)


def reader_of(audience: Audience, language: str | None = None) -> Reader:
    """Return the reader of the current request: ``?lang=``, then the cookie, then what the browser accepts."""
    chosen = page_language(language)
    look = request.args.get("look") or request.cookies.get("look") or "auto"
    return Reader(audience, Words(chosen), look if look in LOOKS else "auto")


def page(reader: Reader, template: str, settings: Settings, status: int = 200, **context: Any) -> Response:
    """Render a template for a reader; remembers the language and look that the address asks for."""
    words = reader.words
    html = render_template(
        template,
        reader=reader,
        _=words.gettext,
        ngettext=words.ngettext,
        words=words,
        say=lambda texts: say(reader, texts),
        when=lambda value: when(reader, value),
        space=words.choose({"en": settings.space_title_en, "zh": settings.space_title_zh})[1],
        languages=LANGUAGE_NAMES,
        here=here,
        json_data=json_data,
        **context,
    )
    response = make_response(html, status)
    response.headers["Content-Language"] = reader.language
    response.vary.update(["Accept-Language", "Cookie", "Accept"])
    response.headers.setdefault("Cache-Control", "private, no-cache")
    _remember(response, "lang", LANGUAGES)
    _remember(response, "look", LOOKS)
    return response


def _remember(response: Response, name: str, allowed: tuple[str, ...]) -> None:
    value = request.args.get(name)
    if value in allowed:
        response.set_cookie(name, value, max_age=_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure)


def here(**changes: str | None) -> str:
    """Return the address of this page with some parameters changed, or left out where ``None``."""
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key not in changes]
    pairs += [(key, value) for key, value in changes.items() if value is not None]
    path = request.script_root + request.path
    return f"{path}?{urlencode(pairs)}" if pairs else path


def say(reader: Reader, texts: Mapping[str, str]) -> Markup:
    """Write the text that suits the reader, marked with its language where that differs from the page's."""
    tag, text = reader.words.choose(texts)
    if not tag or tag.split("-")[0] == reader.language:
        return escape(text)
    return Markup('<span lang="{}">{}</span>').format(tag, text)


def when(reader: Reader, value: date | datetime | None) -> Markup:
    """Write a date as the reader does, exact on hover; a moment also says how long ago it was."""
    if value is None:
        return Markup("")
    if isinstance(value, datetime):
        ago = reader.words.ago(value, datetime.now(UTC))
        text = f"{reader.words.date(value)} · {ago}"
        exact = value.isoformat(timespec="seconds")
    else:
        text, exact = reader.words.date(value), value.isoformat()
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(exact, text)


def json_data(value: object) -> Markup:
    """Write JSON for a data block in a page, safe within ``<script>`` whatever the texts hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
