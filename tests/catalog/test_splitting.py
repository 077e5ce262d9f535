"""Splitting: which resources are records, and what belongs to each."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from catalog import splitting
from catalog.errors import LimitExceededError
from catalog.model import Kind
from catalog.reading import iter_statements, open_plain
from catalog.splitting import Description, Spool
from catalog.syntaxes.statements import Problem, Statements

PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix sc: <https://w3id.org/spacecat/ns#> . @prefix e: <http://e/> .
"""
Split = Callable[[str], dict[str, Description]]


def filled(file: Path, turtle: str) -> Spool:
    spool = Spool(file)
    for item in iter_statements(open_plain(io.BytesIO((PREFIXES + turtle).encode())), RdfFormat.TURTLE, None):
        if isinstance(item, Statements):
            spool.add(item)
        else:
            spool.add_problem(item)
    spool.finish("http://space/record/")
    return spool


def descriptions(spool: Spool) -> dict[str, Description]:
    found = {}
    for description in spool.iter_descriptions():
        assert isinstance(description, Description)
        found[description.subject.removeprefix("<http://e/").rstrip(">")] = description
    return found


@pytest.fixture
def split(tmp_path: Path) -> Split:
    return lambda turtle: descriptions(filled(tmp_path / "spool", turtle))


def subjects(description: Description) -> set[str]:
    return {line.split(" ")[0].removeprefix("<http://e/").rstrip(">") for line in description.lines}


def test_kinds_follow_the_classes_by_precedence(split: Split) -> None:
    found = split("""
        e:c a dcat:Catalog, dcat:Dataset ; dct:title "c" . e:d a dcat:Dataset ; dct:title "d" .
        e:ser a dcat:Dataset, dcat:DatasetSeries ; dct:title "s" . e:s a dcat:DataService ; dct:title "s" .
        e:p a sc:Participant, foaf:Agent ; foaf:name "p" . e:o a odrl:Offer ; dct:title "o" .
        e:x a skos:Concept ; skos:prefLabel "x" .""")
    assert {name: description.kind for name, description in found.items()} == {
        "c": Kind.CATALOG,
        "d": Kind.DATASET,
        "ser": Kind.SERIES,
        "s": Kind.SERVICE,
        "p": Kind.PARTICIPANT,
        "o": Kind.POLICY,
    }


def test_a_record_holds_what_is_nested_in_it_and_nothing_of_others(split: Split) -> None:
    found = split("""
        e:d a dcat:Dataset ; dct:title "d" ; dcat:distribution e:d1, [ a dcat:Distribution ; dct:license e:l ] ;
            dct:publisher e:agent ; dcat:inSeries e:other ; dct:isPartOf e:cat .
        e:d1 a dcat:Distribution ; dcat:accessService e:service .
        e:l dct:title "licence" . e:agent a foaf:Agent ; foaf:name "A" .
        e:service a dcat:DataService ; dct:title "s" ; dct:publisher e:agent .
        e:other a dcat:Dataset ; dct:title "o" . e:cat a dcat:Catalog ; dct:title "c" ; dcat:dataset e:d, e:other .""")
    own = {name for name in subjects(found["d"]) if not name.startswith("_:")}
    assert own == {"d", "d1", "l", "agent"}
    assert subjects(found["cat"]) == {"cat"}
    assert subjects(found["service"]) == {"service", "agent"}


def test_an_offer_is_a_record_only_where_nothing_points_to_it(split: Split) -> None:
    found = split("""
        e:d a dcat:Dataset ; dct:title "d" ; odrl:hasPolicy e:d-offer .
        e:d-offer a odrl:Offer ; odrl:permission [ odrl:target e:d ; odrl:action odrl:use ] .
        e:template a odrl:Set ; odrl:uid e:template ; odrl:permission [ odrl:action odrl:use ] .""")
    assert found.keys() == {"d", "template"}
    assert "d-offer" in subjects(found["d"])


def test_only_a_class_makes_no_record(split: Split) -> None:
    found = split('e:d a dcat:Dataset ; dct:title "d" ; dct:source e:stub . e:stub a dcat:Dataset .')
    assert found.keys() == {"d"}
    assert "stub" in subjects(found["d"])


def test_a_foreign_catalogue_record_belongs_to_its_topic_and_our_own_to_nobody(split: Split) -> None:
    found = split("""
        e:d a dcat:Dataset ; dct:title "d" . e:cat a dcat:Catalog ; dct:title "c" ; dcat:record e:r .
        e:r a dcat:CatalogRecord ; foaf:primaryTopic e:d ; dct:modified "2020" .
        <http://space/record/abc> a dcat:CatalogRecord ; foaf:primaryTopic e:d ; sc:visibility "public" .""")
    assert subjects(found["d"]) == {"d", "r"}
    assert subjects(found["cat"]) == {"cat"}


def test_a_concept_does_not_bring_its_vocabulary_along(split: Split) -> None:
    found = split("""
        e:d a dcat:Dataset ; dct:title "d" ; dcat:theme e:t .
        e:t a skos:Concept ; skos:prefLabel "t" ; skos:inScheme e:scheme ; skos:broader e:top .
        e:scheme skos:hasTopConcept e:top . e:top a skos:Concept ; skos:prefLabel "top" .""")
    assert subjects(found["d"]) == {"d", "t"}


def test_blank_members_of_a_catalogue_are_records_without_identity(split: Split) -> None:
    found = split("""
        e:c a dcat:Catalog ; dct:title "c" ; dcat:dataset [ a dcat:Dataset ; dct:title "nameless" ] .
        e:d a dcat:Dataset ; dct:title "d" ; dct:isPartOf [ a dcat:Catalog ; dct:title "nested" ] .""")
    nameless = [description for name, description in found.items() if name.startswith("_:")]
    assert [description.kind for description in nameless] == [Kind.DATASET]
    assert len(found["c"].lines) == 3
    assert len(found["d"].lines) == 5


def test_circles_end(split: Split) -> None:
    found = split("""
        e:d a dcat:Dataset ; dct:title "d" ; dct:relation e:x . e:x dct:relation e:y . e:y dct:relation e:x, e:d .""")
    assert subjects(found["d"]) == {"d", "x", "y"}


def test_a_description_reaches_only_so_far(split: Split) -> None:
    chain = "".join(f"e:n{i} dct:relation e:n{i + 1} . " for i in range(10))
    found = split(f'e:d a dcat:Dataset ; dct:title "d" ; dct:relation e:n0 . {chain}')
    assert subjects(found["d"]) == {"d", "n0", "n1", "n2", "n3", "n4"}


def test_a_record_beyond_measure_is_told_and_the_others_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAX_STATEMENTS", 10)
    keywords = " , ".join(f'"k{i}"' for i in range(20))
    spool = filled(
        tmp_path / "s", f'e:big a dcat:Dataset ; dcat:keyword {keywords} . e:d a dcat:Dataset ; dct:title "d" .'
    )
    big, small = spool.iter_descriptions()
    assert isinstance(big, LimitExceededError)
    assert (big.code, big.where) == ("record-too-large", "<http://e/big>")
    assert isinstance(small, Description)


def test_the_walk_goes_on_from_any_position_in_another_process(tmp_path: Path) -> None:
    filled(tmp_path / "s", "".join(f'e:d{i} a dcat:Dataset ; dct:title "d" . ' for i in range(5))).close()
    spool = Spool(tmp_path / "s")
    assert spool.count() == 5
    again = [d.subject for d in spool.iter_descriptions(4) if isinstance(d, Description)]
    assert again == ["<http://e/d3>", "<http://e/d4>"]
    assert spool.get_root(4) == ("<http://e/d3>", None)


def test_problems_come_with_the_record_that_they_concern(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s")
    cls = "<http://www.w3.org/ns/dcat#Dataset>"
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    distribution = "<http://www.w3.org/ns/dcat#distribution>"
    spool.add(Statements([f"<http://e/d> {rdf_type} {cls} .", f"<http://e/d> {distribution} <http://e/x> ."], [3, 4]))
    spool.add_problem(Problem("iri-invalid", "a b", "http://e/p", 5, "<http://e/x>"))
    spool.add_problem(Problem("syntax-error", "?", line=9))
    spool.finish("http://space/record/")
    found = descriptions(spool)["d"]
    assert found.place == 3
    assert [problem.line for problem in found.problems] == [5]
    assert [problem.line for problem in spool.iter_stray_problems()] == [9]


def test_what_is_of_an_unknown_class_and_in_no_record_is_told_in_the_order_of_the_document(tmp_path: Path) -> None:
    spool = filled(
        tmp_path / "s",
        """
        e:d a dcat:Dataset ; dct:title "d" ; dct:relation e:mine .
        e:mine a e:Thing ; dct:title "nested in a record" .
        e:lost a dcat:Datset, e:Thing ; dct:title "mistyped" ; dct:relation e:part .
        e:part a e:Thing ; dct:title "nested in the lost one" .
        e:agent a foaf:Agent, e:Thing ; foaf:name "harmless" . e:c a skos:Concept ; skos:prefLabel "harmless" .
        e:l a dct:LicenseDocument ; dct:title "harmless" . e:stub a e:Thing . e:untyped dct:title "no class" .
        <http://space/record/x> a e:Thing ; dct:title "our own" . [] a e:Thing ; dct:title "no name" .
        e:r a dcat:CatalogRecord ; foaf:primaryTopic e:gone . e:other a e:Thing ; dct:title "other" .""",
    )
    assert descriptions(spool).keys() == {"d"}
    found, more = spool.find_leftovers(100)
    assert [leftover.subject for leftover in found] == ["<http://e/lost>", "<http://e/other>"]
    assert set(found[0].classes) == {"http://www.w3.org/ns/dcat#Datset", "http://e/Thing"}
    assert more == 0
    assert spool.find_leftovers(1) == (found[:1], 1)


def test_a_class_told_later_counts_and_what_an_earlier_process_placed_stays_placed(tmp_path: Path) -> None:
    spool = filled(
        tmp_path / "s",
        """
        e:x a e:Thing ; dct:title "x" . e:y a e:Thing ; dct:title "y" . e:z a e:Thing ; dct:title "z" .
        e:d a dcat:Dataset ; dct:relation e:z . e:x a foaf:Agent . e:y a dcat:Dataset .""",
    )
    assert descriptions(spool).keys() == {"d", "y"}
    spool.close()
    again = Spool(tmp_path / "s")
    assert list(again.iter_descriptions(3)) == []
    assert again.find_leftovers(100) == ([], 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["dct:relation", "dcat:distribution"]), st.integers(0, 5)),
        max_size=20,
    ),
    st.sets(st.integers(0, 5)),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=6, max_size=6),
)
def test_every_statement_of_a_root_is_in_its_record_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, links: list[tuple[int, str, int]], roots: set[int], titles: list[str]
) -> None:
    turtle = "".join(f"e:n{a} {prop} e:n{b} . " for a, prop, b in links)
    turtle += "".join(f"e:n{i} a dcat:Dataset ; dct:title {_quoted(titles[i])} . " for i in roots)
    folder = tmp_path_factory.mktemp("spool")
    found = descriptions(filled(folder / "s", turtle))
    assert found.keys() == {f"n{i}" for i in roots}
    for i in roots:
        assert f"<http://e/n{i}> <http://purl.org/dc/terms/title> {_quoted(titles[i])} ." in map(
            _unified, found[f"n{i}"].lines
        )
        assert not subjects(found[f"n{i}"]) & {f"n{j}" for j in roots - {i}}


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in text) + '"'


def _unified(line: str) -> str:
    """Return a line with its title written in escapes alone."""
    from pyoxigraph import Literal, parse

    quad = next(iter(parse(line, RdfFormat.N_TRIPLES)))
    if not isinstance(quad.object, Literal):
        return line
    return f"{quad.subject} {quad.predicate} {_quoted(quad.object.value)} ."
