"""What an operation of the API is: declared once, it checks the request, makes the route and describes itself.

The OpenAPI document (``openapi.py``) and the handlers read the same declarations, so they cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.i18n import pick_language
from catalog.catalogue import Catalogue
from catalog.errors import ParameterError
from catalog.model import Audience

Text = tuple[str, str]
"""A text in English and Chinese."""

_TEXT_MAX = 2000
"""Characters that a textual parameter may have unless its schema says otherwise."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in the path or the query. ``schema`` is the JSON Schema of one value, and what it is checked by."""

    name: str
    text: Text
    schema: Mapping[str, Any]
    repeated: bool = False
    place: str = "query"
    slashes: bool = False
    """Whether a value in the path may contain slashes."""

    @property
    def default(self) -> Any:
        """Return what stands for a parameter that is not given."""
        return () if self.repeated else self.schema.get("default")

    def read(self, raw: Sequence[str]) -> Any:
        """Return the value, or the tuple of values, that the request gives.

        Raises ``ParameterError`` (``parameter-invalid``, ``parameter-repeated``).
        """
        if not raw:
            return self.default
        if self.repeated:
            return tuple(self._value(text) for text in dict.fromkeys(raw))
        if len(raw) > 1:
            raise ParameterError("parameter-repeated", where=self.name)
        return self._value(raw[0])

    def _value(self, text: str) -> Any:
        kind = self.schema.get("type", "string")
        value = _READERS[kind](text)
        if value is None or not _fits(value, self.schema):
            raise ParameterError(
                "parameter-invalid", where=self.name, value=text[:200], expected=_expected(self.schema)
            )
        return value


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text, re.ASCII) else None


def _boolean(text: str) -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())


_READERS: dict[str, Callable[[str], Any]] = {"string": str, "integer": _integer, "boolean": _boolean}


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    if isinstance(value, str):
        pattern = schema.get("pattern")
        return len(value) <= schema.get("maxLength", _TEXT_MAX) and (
            not pattern or re.search(pattern, value) is not None
        )
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _expected(schema: Mapping[str, Any]) -> str:
    """Say what would fit."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "integer":
        return f"{schema.get('minimum', '…')}–{schema.get('maximum', '…')}"
    if schema.get("type") == "boolean":
        return "1 | 0 | true | false"
    return f"≤ {schema.get('maxLength', _TEXT_MAX)} characters"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an operation, checked: who asks, in which language, with which values."""

    catalogue: Catalogue
    audience: Audience
    language: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


Handler = Callable[[Call], "Response | dict[str, Any]"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``answer`` names the schema of its answer; ``media_types`` are those of answer and body.

    ``operator`` says that it needs the operator's token; ``problems`` lists the statuses of errors beside 400.
    """

    method: str
    path: str
    name: str
    text: Text
    handler: Handler
    answer: str
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = ()
    media_types: tuple[str, ...] = ("application/json",)
    body: str | None = None
    body_media_types: tuple[str, ...] = ("application/json",)
    operator: bool = False

    @property
    def route(self) -> str:
        """Return the path as Flask writes it."""
        route = self.path
        for parameter in self.parameters:
            if parameter.place == "path":
                converter = "path:" if parameter.slashes else ""
                route = route.replace("{" + parameter.name + "}", f"<{converter}{parameter.name}>")
        return route

    def read(self, path_values: Mapping[str, str]) -> dict[str, Any]:
        """Return the checked values of the current request.

        Raises ``ParameterError`` for a value that does not fit and for a parameter that is not declared.
        """
        queried = {parameter.name for parameter in self.all_parameters if parameter.place == "query"}
        for name in request.args:
            if name not in queried:
                raise ParameterError("parameter-unknown", where=name, known=", ".join(sorted(queried)))
        return {
            p.name: p.read([path_values[p.name]] if p.place == "path" else request.args.getlist(p.name))
            for p in self.all_parameters
        }

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters, with ``lang``, which every operation takes."""
        return (*self.parameters, LANGUAGE)


LANGUAGE = Parameter(
    "lang",
    (
        "Language of labels and messages; without it `Accept-Language` decides.",
        "标签与消息的语言；省略时由 `Accept-Language` 决定。",
    ),
    {"type": "string", "enum": ["en", "zh"]},
)


def language_of_request() -> str:
    """Return the language that the current request asks for; never raises."""
    return pick_language(request.args.get("lang"), accepted=[tag for tag, _ in request.accept_languages])
