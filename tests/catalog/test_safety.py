"""What is refused from everybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.safety import is_valid_iri, is_valid_language, iter_markup, iter_unsafe_iris

ANY_URI = "^^<http://www.w3.org/2001/XMLSchema#anyURI>"


@pytest.mark.parametrize(
    "value",
    [
        "<javascript:alert(1)>",
        "<JavaScript:alert(1)>",
        "<vbscript:x>",
        "<data:text/html,x>",
        f'"javascript:alert(1)"{ANY_URI}',
        f'"  javascript:alert(1)"{ANY_URI}',
    ],
)
def test_addresses_that_run_as_programs_are_found(value: str) -> None:
    line = f"<http://e/a> <http://e/page> {value} ."
    assert [prop for prop, _ in iter_unsafe_iris(line + "\n")] == ["http://e/page"]


def test_a_resource_may_not_be_named_by_a_script() -> None:
    assert list(iter_unsafe_iris('<javascript:x> <http://e/p> "1" .\n'))


@pytest.mark.parametrize(
    "value",
    [
        "<http://e/javascript:x>",
        '"javascript:alert(1)"',
        '"see <javascript:x>"@en',
        "<http://e/data:x>",
        "<urn:data:x>",
    ],
)
def test_texts_and_other_addresses_are_not(value: str) -> None:
    assert not list(iter_unsafe_iris(f"<http://e/a> <http://e/p> {value} .\n"))


@pytest.mark.parametrize("iri", ["http://e/a", "urn:x:y", "mailto:a@b", "http://例子.中国/数据", "tag:e,2020:x#y"])
def test_iris(iri: str) -> None:
    assert is_valid_iri(iri)


@pytest.mark.parametrize(
    "iri", ["a", "/a", "http://e/a b", "http://e/<", 'http://e/"', "http://e/\n", "1a:b", "", "http://e/^"]
)
def test_what_is_no_iri(iri: str) -> None:
    assert not is_valid_iri(iri)


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    is_valid_iri(text)
    is_valid_language(text)


@pytest.mark.parametrize(
    ("literal", "has_markup"),
    [
        ('"an <b>important</b> text"', True),
        ('"<script src=//e>"@en', True),
        ('"a < b and c > d"', False),
        ('"<https://e/>"', False),
        ('"<b>bold</b>"^^<http://e/type>', True),
        ('"plain"^^<http://e/type>', False),
    ],
)
def test_markup(literal: str, has_markup: bool) -> None:
    lines = [f"<http://e/a> <http://e/p> {value} ." for value in ("<http://e/b>", '"x"', literal)]
    assert list(iter_markup("".join(f"{line}\n" for line in lines))) == ([lines[2]] if has_markup else [])
