"""Canonical form: equal for the same content however its blank nodes are named, and never endless."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from catalog.canonical import canonicalize, content_hash, to_content
from catalog.errors import LimitExceededError

nodes = st.integers(0, 6).map(lambda i: f"_:b{i}")
iris = st.integers(0, 3).map(lambda i: f"<http://e/{i}>")
literals = st.sampled_from(['"1.50"', '"1.5"', '"a b"@zh-hans', '"_:b1 <x> ."', '"42"^^<http://e/type>'])
lines = st.builds(
    lambda s, p, o: f"{s} <http://e/p{p}> {o} .",
    st.one_of(nodes, iris),
    st.integers(0, 2),
    st.one_of(nodes, iris, literals),
)


@given(st.lists(lines, max_size=14), st.randoms(use_true_random=False))
def test_isomorphic_content_has_the_same_form(statements: list[str], chance: random.Random) -> None:
    names = list(range(7))
    chance.shuffle(names)
    renamed = [re.sub(r'(?<!")_:b(\d)', lambda m: f"_:x{names[int(m[1])]}", line) for line in statements]
    chance.shuffle(renamed)
    assert canonicalize(statements) == canonicalize(renamed)


@given(st.lists(lines, max_size=10))
def test_it_is_the_form_that_the_library_finds(statements: list[str]) -> None:
    dataset = Dataset(parse("\n".join(statements), RdfFormat.N_TRIPLES))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    data = serialize(dataset, format=RdfFormat.N_QUADS)
    assert data is not None
    assert canonicalize(statements) == sorted(data.decode().split("\n")[:-1])


@given(st.lists(lines, max_size=14))
def test_the_canonical_form_is_sorted_without_doubles_and_stays_as_it_is(statements: list[str]) -> None:
    form = canonicalize(statements)
    assert form == sorted(set(form))
    assert canonicalize(form) == form


def test_lexical_forms_and_labels_in_literals_are_kept() -> None:
    assert canonicalize(['_:x <http://e/p> "_:x 1.50" .']) == ['_:c14n0 <http://e/p> "_:x 1.50" .']


def test_the_hash_is_that_of_the_canonical_n_quads() -> None:
    # sha256 of '<http://e/a> <http://e/p> "1" .\n'
    content = to_content(['<http://e/a> <http://e/p> "1" .'])
    assert content == '<http://e/a> <http://e/p> "1" .\n'
    assert content_hash(content) == "sha256:f92b25b3eb9c4efa0f371f4f3ff498567099abed27501f8d8fb29ab6f366407e"


def test_other_content_has_another_hash() -> None:
    first, second = (to_content([f'_:a <http://e/p> "{number}" .']) for number in ("1.50", "1.5"))
    assert content_hash(first) != content_hash(second)


def test_blank_nodes_of_a_clique_are_refused() -> None:
    clique = [f"_:b{i} <http://e/p> _:b{j} ." for i in range(12) for j in range(12) if i != j]
    with pytest.raises(LimitExceededError) as raised:
        canonicalize(clique)
    assert raised.value.code == "blank-nodes-alike"


def test_many_like_blank_nodes_below_one_resource_are_fine() -> None:
    alike = [f"<http://e/a> <http://e/item> _:b{i} ." for i in range(500)]
    alike += [f'_:b{i} <http://e/p> "same" .' for i in range(500)]
    alike += [f"_:r <http://e/item> _:c{i} ." for i in range(500)] + [
        f"_:c{i} <http://e/p> _:d{i} ." for i in range(500)
    ]
    assert len(canonicalize(alike)) == 2000
