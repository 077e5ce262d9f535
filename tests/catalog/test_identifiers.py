"""Identifiers: check characters find the errors people make, and codes stay what they are."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.errors import IdentifierError
from catalog.identifiers import check_credit_code, check_object_code, make_object_code, record_graph, record_id

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
OPERATOR = "91350100M000100Y43"

codes = st.builds(make_object_code, st.sampled_from("67"), st.just(OPERATOR), st.text(max_size=40))


def test_the_published_example_has_the_right_check_character() -> None:
    assert check_object_code("712430000MB0L04692743002W3CAD811") == "712430000MB0L04692743002W3CAD811"


def test_a_code_with_the_wrong_check_character_says_which_it_should_be() -> None:
    with pytest.raises(IdentifierError) as caught:
        check_object_code("712430000MB0L04692743002W3CAD81M")
    assert caught.value.code == "object-code-check"
    assert caught.value.params == {"found": "M", "expected": "1"}


@pytest.mark.parametrize(
    "text", ["", "7", "X" * 32, "812430000MB0L04692743002W3CAD811", "712430000mb0L04692743002W3CAD811"]
)
def test_what_is_no_object_code_is_said_to_be_none(text: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_object_code(text)
    assert caught.value.code == "object-code-form"


@given(codes)
def test_codes_made_here_are_valid_and_have_32_characters(code: str) -> None:
    assert check_object_code(code) == code
    assert len(code) == 32
    assert check_object_code(f" {code}•NDC-2023/07 ") == f"{code}•NDC-2023/07"


@given(codes, st.integers(1, 30), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_any_single_wrong_character_is_found(code: str, place: int, char: str) -> None:
    assume(code[place] != char)
    with pytest.raises(IdentifierError):
        check_object_code(code[:place] + char + code[place + 1 :])


@given(codes, st.integers(1, 29))
def test_any_swap_of_neighbours_is_found(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    with pytest.raises(IdentifierError):
        check_object_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@given(st.text(max_size=60))
def test_the_same_resource_always_gets_the_same_code_and_record(iri: str) -> None:
    assert make_object_code("7", OPERATOR, iri) == make_object_code("7", OPERATOR, iri)
    assert record_graph("http://space.example/", iri) == f"http://space.example/record/{record_id(iri)}"
    assert record_id(iri).isalnum()


@pytest.mark.parametrize("code", ["91350211M000100Y43", "91110000600037341L"])
def test_credit_codes_are_checked(code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_credit_code(code[:-1] + ("0" if code[-1] != "0" else "1"))
    assert caught.value.code == "credit-code-check"
    right = code[:-1] + str(caught.value.params["expected"])
    assert check_credit_code(right) == right


@given(st.text(CREDIT_ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(CREDIT_ALPHABET))
def test_any_single_wrong_character_of_a_credit_code_is_found(body: str, place: int, char: str) -> None:
    assume(body[place] != char)
    try:
        code = check_credit_code(body + "0")
    except IdentifierError as error:
        code = body + str(error.params["expected"])
    with pytest.raises(IdentifierError):
        check_credit_code(code[:place] + char + code[place + 1 :])
