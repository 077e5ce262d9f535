"""The API's description, its routes and its answers are one thing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from app.access import Access
from app.api import OPERATIONS, PREFIX, api_blueprint
from app.api.openapi import write_openapi
from app.api.operations import Operation
from app.api.schemas import SCHEMAS
from catalog.settings import Settings

OPENAPI = write_openapi(OPERATIONS, "0", "http://localhost" + PREFIX, "en")
IDS = [operation.name for operation in OPERATIONS]


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return (method, path) of every route, with parameters in braces."""
    app = Flask("routes")
    access = Access(Settings(data_dir=tmp_path_factory.mktemp("routes")))
    app.register_blueprint(api_blueprint(None, access))  # type: ignore[arg-type]
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(PREFIX))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_is_described_and_every_description_has_a_route(routes: set[tuple[str, str]]) -> None:
    described = {(method.upper(), path) for path, methods in OPENAPI["paths"].items() for method in methods}
    assert described == routes


def test_names_are_unique() -> None:
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_parameters_in_the_path_are_declared(operation: Operation) -> None:
    in_path = set(re.findall(r"\{(\w+)\}", operation.path))
    assert in_path == {parameter.name for parameter in operation.parameters if parameter.place == "path"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_defaults_fit_their_own_schema(operation: Operation) -> None:
    for parameter in operation.parameters:
        if "default" in parameter.schema:
            Draft202012Validator(dict(parameter.schema)).validate(parameter.schema["default"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=IDS)
def test_everything_is_said_in_both_languages(operation: Operation) -> None:
    for english, chinese in [operation.text, *(parameter.text for parameter in operation.all_parameters)]:
        assert english.strip()
        assert re.search(r"[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid_and_refer_to_what_is_there(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    for reference in re.findall(r"#/components/schemas/(\w+)", str(SCHEMAS[name])):
        assert reference in SCHEMAS


def test_every_schema_is_used() -> None:
    used = set(re.findall(r"#/components/schemas/(\w+)", str(OPENAPI)))
    assert used == set(SCHEMAS)


def test_the_guide_names_every_operation() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert [f"{o.method} {o.path}" for o in OPERATIONS if f"`{o.method} {o.path}`" not in guide] == []
