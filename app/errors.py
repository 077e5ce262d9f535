"""Errors in words: one table from class to HTTP status and exit code, one file of texts in both languages.

The body is a problem document (RFC 9457). A text says what is wrong and how to mend it; where, stands beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from catalog.errors import (
    ConflictError,
    DeniedError,
    EngineError,
    EngineFailedError,
    EngineUnavailableError,
    GoneError,
    IdentifierError,
    InputError,
    LimitExceededError,
    NotFoundError,
    ParameterError,
    QueryRefusedError,
    SpacecatError,
    SyntaxInvalidError,
)
from catalog.model import Finding

PROBLEM_TYPE = "https://w3id.org/spacecat/problems#"

OUTCOMES: dict[type[SpacecatError], tuple[int, int]] = {
    SyntaxInvalidError: (400, 3),
    IdentifierError: (422, 3),
    ParameterError: (400, 3),
    QueryRefusedError: (403, 3),
    InputError: (400, 3),
    NotFoundError: (404, 4),
    GoneError: (410, 4),
    ConflictError: (409, 5),
    DeniedError: (403, 6),
    LimitExceededError: (503, 7),
    EngineUnavailableError: (503, 8),
    EngineFailedError: (502, 8),
    EngineError: (502, 8),
}
"""HTTP status and exit code by class."""

_STATUS_OF_CODE = {
    "token-missing": 401,
    "not-acceptable": 406,
    "format-unsuitable": 406,
    "method-not-allowed": 405,
    "upload-too-large": 413,
    "query-too-large": 413,
    "media-type-unsupported": 415,
}
"""Where HTTP has a status that says more than the class."""

_TEXTS = Path(__file__).parent / "translations" / "errors.yaml"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error ready to be shown: ``title`` names the class of problem, ``detail`` says what to do about this one."""

    status: int
    code: str
    detail: str
    where: str
    params: Mapping[str, object]

    def body(self) -> dict[str, object]:
        """Return the problem document (RFC 9457 §3)."""
        members: dict[str, object] = {
            "type": PROBLEM_TYPE + self.code,
            "title": self.code.replace("-", " "),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.where:
            members["where"] = self.where
        if self.params:
            members["params"] = {key: _plain(value) for key, value in self.params.items()}
        return members


def problem_of(error: SpacecatError, language: str) -> Problem:
    """Put an error into words."""
    text = explain(error.code, error.params, language, error.where)
    return Problem(status_of(error), error.code, text, error.where, error.params)


def status_of(error: SpacecatError) -> int:
    """Return the HTTP status of an error."""
    return _STATUS_OF_CODE.get(error.code) or _outcome(error)[0]


def exit_code_of(error: SpacecatError) -> int:
    """Return the exit code of an error on the command line."""
    return _outcome(error)[1]


def _outcome(error: SpacecatError) -> tuple[int, int]:
    return next(OUTCOMES[cls] for cls in type(error).__mro__ if cls in OUTCOMES)


def explain(code: str, params: Mapping[str, object], language: str, where: str = "") -> str:
    """Return the text of an error code, of an outcome or a rejection, with its parameters filled in."""
    texts = error_texts().get(code)
    if texts is None:
        return code.replace("-", " ")
    values: dict[str, object] = defaultdict(lambda: "?", {**params})
    values.setdefault("where", where)
    return texts[language if language in texts else "en"].format_map(values)


def messages_of(finding: Finding) -> dict[str, str]:
    """Return what a finding says by language; those of intake carry a code, whose texts stand with the errors'."""
    if finding.messages or finding.component not in error_texts():
        return finding.messages
    params = {"value": finding.value, "path": finding.path}
    return {
        language: explain(finding.component, params, language, finding.focus)
        for language in error_texts()[finding.component]
    }


@cache
def error_texts() -> dict[str, dict[str, str]]:
    """Return the texts by code and language."""
    texts: dict[str, dict[str, str]] = yaml.safe_load(_TEXTS.read_text(encoding="utf-8"))
    return texts


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)
