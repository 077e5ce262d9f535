"""Writes the OpenAPI 3.1 description of the API from the operations that serve it."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from app.api.operations import Operation, Parameter, Text
from app.api.schemas import SCHEMAS, ref

TITLE: Text = ("spacecat: catalogue API", "spacecat：目录接口")
_ABOUT: Text = (
    "Search, read and register what a trusted data space offers. Answers show what the caller may see: without a "
    "token the public records, with a member's token also those for members, with the operator's token everything. "
    "Errors are problem documents (RFC 9457).",
    "搜索、读取和登记可信数据空间所提供的资源。返回内容取决于调用者的权限：无令牌可见公开记录，成员令牌还可见"
    "仅限成员的记录，运营方令牌可见全部。错误以 RFC 9457 问题文档返回。",
)
_TOKEN: Text = ("Token of a member or of the operator.", "成员或运营方的令牌。")
_PROBLEM: Text = ("A problem document.", "问题文档。")


def write_openapi(operations: Iterable[Operation], version: str, base: str, language: str) -> dict[str, Any]:
    """Return the document with its texts in ``language``; ``base`` is the address of the API."""
    place = 1 if language == "zh" else 0
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, place)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE[place], "version": version, "description": _ABOUT[place]},
        "servers": [{"url": base}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _TOKEN[place]}},
        },
    }


def _operation(operation: Operation, place: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.text[place],
        "parameters": [_parameter(parameter, place) for parameter in operation.all_parameters],
        "responses": _responses(operation, place),
    }
    if operation.body is not None:
        content = {media_type: {"schema": ref(operation.body)} for media_type in operation.body_media_types}
        described["requestBody"] = {"required": True, "content": content}
    if operation.operator:
        described["security"] = [{"token": []}]
    return described


def _parameter(parameter: Parameter, place: int) -> dict[str, Any]:
    schema = dict(parameter.schema)
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.text[place],
        "required": parameter.place == "path",
        "schema": {"type": "array", "items": schema} if parameter.repeated else schema,
    }
    if parameter.repeated:
        described |= {"style": "form", "explode": True}
    return described


def _responses(operation: Operation, place: int) -> dict[str, Any]:
    content = {media_type: {"schema": ref(operation.answer)} for media_type in operation.media_types}
    answers: dict[str, Any] = {"200": {"description": operation.text[place], "content": content}}
    statuses = {400, *operation.problems, *((401, 403) if operation.operator else ())}
    for status in sorted(statuses):
        answers[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    answers["default"] = {
        "description": _PROBLEM[place],
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    return answers
