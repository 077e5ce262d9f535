"""Validating many records at once finds exactly what validating each alone finds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic import iter_records
from catalog.canonical import to_content
from catalog.model import Finding
from catalog.validating import validate_each

RECORDS = [to_content(ntriples.rstrip("\n").split("\n")) for _, _, ntriples in iter_records(60)]
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
SC = "https://w3id.org/spacecat/ns#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
AGENT = f"<http://e/agent> <{TYPE}> <{FOAF}Agent> .\n"


def alone(contents: list[str]) -> list[tuple[Finding, ...]]:
    return [validate_each([content])[0] for content in contents]


def keys(found: list[tuple[Finding, ...]]) -> list[set[tuple[object, ...]]]:
    return [{(f.severity, f.focus, f.path, f.value, f.component, f.shape) for f in findings} for findings in found]


def mutated(chance: random.Random, content: str) -> str:
    lines = content.rstrip("\n").split("\n")
    for _ in range(chance.randrange(6)):
        lines.pop(chance.randrange(len(lines)))
    return to_content([line for line in lines if line])


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_at_once_finds_the_same_as_alone(chance: random.Random) -> None:
    contents = [mutated(chance, chance.choice(RECORDS)) for _ in range(12)]
    assert keys(validate_each(contents)) == keys(alone(contents))


def dataset(name: str, *more: str) -> str:
    iri = f"<http://e/{name}>"
    lines = [f"{iri} <{TYPE}> <http://www.w3.org/ns/dcat#Dataset> .", f"{iri} <{DCT}publisher> <http://e/agent> ."]
    return to_content([*lines, *(line for text in more for line in text.rstrip("\n").split("\n"))])


@pytest.mark.parametrize(
    "contents",
    [
        [dataset("a"), dataset("b")],
        [dataset("a", AGENT), dataset("b", AGENT)],
        [dataset("a", AGENT), dataset("b", AGENT + f'<http://e/agent> <{FOAF}name> "A" .\n')],
        [dataset("a"), dataset("b", AGENT)],
        [f"<http://e/agent> <{TYPE}> <{SC}Participant> .\n", dataset("a")],
        [dataset("a"), f"<http://e/agent> <{TYPE}> <{SC}Participant> .\n"],
        [dataset("a", "_:c14n0 <http://e/p> _:c14n0 ."), dataset("b", "_:c14n0 <http://e/p> _:c14n0 .")],
    ],
)
def test_records_that_share_resources_are_not_mixed_up(contents: list[str]) -> None:
    assert keys(validate_each(contents)) == keys(alone(contents))


def test_a_blank_node_that_is_only_named_is_found_wanting_in_its_own_record() -> None:
    link = "<http://e/a> <http://www.w3.org/ns/dcat#distribution> _:gone ."
    contents = [dataset("a", link), dataset("b")]
    assert any(finding.focus == "_:c14n0" for finding in validate_each(contents)[0])
    assert keys(validate_each(contents)) == keys(alone(contents))
