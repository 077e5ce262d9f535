"""Holds every answer of the API to the schema that its description promises."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from app.api import OPERATIONS, PREFIX
from app.api.openapi import write_openapi
from catalog.model import Audience
from tests.app.conftest import Ask, asking

DESCRIPTION = write_openapi(OPERATIONS, "0", "http://localhost" + PREFIX, "en")
"""The description that answers are held to."""


class Api:
    """Asks the API and checks status, media type and body of each answer against the description."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._ask: Ask = asking(app)
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, path: str, *, audience: Audience = Audience.PUBLIC, method: str = "GET", **more: Any) -> Any:
        """Return the JSON of an answer that must be a success."""
        response = self.answer(path, audience=audience, method=method, **more)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def problem(self, path: str, *, audience: Audience = Audience.PUBLIC, method: str = "GET", **more: Any) -> Any:
        """Return the problem document of an answer that must be an error."""
        response = self.answer(path, audience=audience, method=method, **more)
        assert response.status_code >= 400, response.get_data(as_text=True)
        assert response.get_json()["status"] == response.status_code
        return response.get_json()

    def lines(self, path: str, **more: Any) -> list[Any]:
        """Return the lines of a stream that must be a success."""
        response = self.answer(path, **more)
        assert response.status_code == 200, response.get_data(as_text=True)
        return [json.loads(line) for line in response.get_data().splitlines()]

    def answer(
        self, path: str, *, audience: Audience = Audience.PUBLIC, method: str = "GET", **more: Any
    ) -> TestResponse:
        """Return an answer whatever its status, once it is checked."""
        response = self._ask(PREFIX + path, audience=audience, method=method, **more)
        self._check(path.partition("?")[0], method, response)
        return response

    def _check(self, path: str, method: str, response: TestResponse) -> None:
        adapter = self._app.url_map.bind("localhost")
        endpoint, _ = adapter.match(PREFIX + path, method)
        operation = next(o for o in OPERATIONS if f"api.{o.name}" == endpoint)
        described = DESCRIPTION["paths"][operation.path][method.lower()]["responses"]
        promised = described.get(str(response.status_code), described["default"])["content"]
        assert response.mimetype in {media_type.partition(";")[0] for media_type in promised}
        self.seen.add((operation.name, response.status_code))
        schema = next(iter(promised.values()))["schema"]
        for body in _bodies(response):
            errors = list(validator(schema).iter_errors(body))
            assert not errors, f"{method} {path}: {errors[0].json_path}: {errors[0].message}"


def _bodies(response: TestResponse) -> list[Any]:
    if response.mimetype == "application/x-ndjson":
        return [json.loads(line) for line in response.get_data().splitlines()]
    if response.mimetype.endswith("json") and not response.mimetype.startswith("application/ld"):
        return [response.get_json()]
    return []


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of one of the description's schemas, references included."""
    return Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
