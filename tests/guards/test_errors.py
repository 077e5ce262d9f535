"""Every error that can be raised has a status, an exit code and a text in both languages that fits its parameters."""

import ast
import inspect
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import OUTCOMES, error_texts, explain, problem_of
from catalog import errors

ROOT = Path(__file__).parents[2]
CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.SpacecatError)]
CARRIERS = {cls.__name__ for cls in CLASSES} | {"Rejection"}


def raised() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield (place, code, names of the parameters) of every error made anywhere in the packages."""
    for package in ("app", "catalog"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CARRIERS:
                    yield from described(f"{path.relative_to(ROOT)}:{node.lineno}", node)


def described(place: str, call: ast.Call) -> Iterator[tuple[str, str, frozenset[str]]]:
    keywords = frozenset(keyword.arg or "**" for keyword in call.keywords)
    for argument in [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "code")]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "-" in argument.value:
            yield place, argument.value, keywords
            return


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_has_a_status_and_an_exit_code(cls: type[errors.SpacecatError]) -> None:
    if cls is not errors.SpacecatError:
        status, code = OUTCOMES[cls]
        assert 400 <= status < 600
        assert 1 < code < 64


def test_every_code_has_a_text_in_both_languages() -> None:
    missing = {f"{code} ({place})" for place, code, _ in raised() if set(error_texts().get(code, ())) != {"en", "zh"}}
    assert not missing


def test_both_languages_say_the_same_things() -> None:
    unlike = {code for code, texts in error_texts().items() if names(texts["en"]) != names(texts["zh"])}
    assert not unlike


def test_texts_use_only_what_the_error_carries() -> None:
    wrong = {
        f"{code} wants {name} ({place})"
        for place, code, keywords in raised()
        for name in names(error_texts().get(code, {}).get("en", "")) - keywords - {"where"}
        if not keywords & {"**", "params"}
    }
    assert not wrong


def test_codes_are_in_alphabetical_order() -> None:
    assert list(error_texts()) == sorted(error_texts())


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_problem_is_a_problem_document(language: str) -> None:
    problem = problem_of(errors.IdentifierError("object-code-check", where="7X", found="M", expected="1"), language)
    body = problem.body()
    assert body["status"] == 422
    assert body["type"] == "https://w3id.org/spacecat/problems#object-code-check"
    assert "7X" in str(body["detail"])
    assert body["params"] == {"found": "M", "expected": "1"}


def test_a_parameter_that_is_lacking_does_not_hide_the_error() -> None:
    assert "?" in explain("object-code-check", {}, "en", "7X")
