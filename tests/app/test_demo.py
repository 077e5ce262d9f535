"""The demonstration space: complete, in both languages, whole in itself, and valid by our own shapes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from app.commands.loading import demonstration
from catalog.identifiers import check_credit_code
from catalog.model import Kind
from catalog.reading import iter_statements, open_plain
from catalog.splitting import Description, Spool
from catalog.syntaxes.statements import Statements
from ontology import terms
from ontology.namespaces import CODE, CSVW, DCAT, DCT, EU, FOAF, ODRL, PREFIXES, RDF, SC, SKOS
from shapes.validate import validate

BASE = "https://space.example/"
FILES = [source.path for source in demonstration() if source.path is not None]
CARBON_FOOTPRINT = CODE + "property/carbon-footprint"

LEAST = {
    Kind.CATALOG: 3,
    Kind.PARTICIPANT: 12,
    Kind.DATASET: 60,
    Kind.SERVICE: 15,
    Kind.COMPONENT: 5,
    Kind.SCENARIO: 3,
    Kind.POLICY: 4,
    Kind.DATA_MODEL: 4,
    Kind.SERIES: 2,
}


@cache
def triples() -> tuple[Triple, ...]:
    return tuple(
        quad.triple
        for file in FILES
        for quad in parse(file.read_bytes(), format=RdfFormat.TURTLE, base_iri=BASE, rename_blank_nodes=True)
    )


@cache
def by_subject() -> dict[NamedNode | BlankNode, dict[str, list[NamedNode | BlankNode | Literal]]]:
    found: dict = defaultdict(lambda: defaultdict(list))
    for triple in triples():
        found[triple.subject][triple.predicate.value].append(triple.object)
    return found


def instances(cls: str) -> list[NamedNode | BlankNode]:
    return [subject for subject, values in by_subject().items() if NamedNode(cls) in values[RDF + "type"]]


@cache
def records() -> tuple[Description, ...]:
    return tuple(record for file in FILES for record in _records_of(file))


def _records_of(file) -> Iterator[Description]:
    spool = Spool(":memory:")
    with file.open("rb") as source:
        for item in iter_statements(open_plain(source), RdfFormat.TURTLE, BASE):
            assert isinstance(item, Statements), item
            spool.add(item)
    spool.finish(BASE + "record/")
    for description in spool.iter_descriptions():
        assert isinstance(description, Description), description
        yield description
    spool.close()


def test_has_as_much_of_every_kind_as_promised():
    counts = Counter(record.kind for record in records())
    assert {kind: counts[kind] for kind, least in LEAST.items() if counts[kind] < least} == {}
    subjects = Counter(record.subject for record in records())
    assert [subject for subject, count in subjects.items() if count > 1] == []


def test_most_datasets_list_their_data_items():
    with_items = [dataset for dataset in instances(DCAT + "Dataset") if by_subject()[dataset][SC + "dataItem"]]
    assert len(with_items) >= 50
    assert all(len(by_subject()[dataset][SC + "dataItem"]) >= 2 for dataset in with_items)


def test_positions_of_data_items_count_from_one():
    for subject, values in by_subject().items():
        items = values[SC + "dataItem"]
        positions = [by_subject()[item][SC + "position"][0].value for item in items]
        assert sorted(map(int, positions)) == list(range(1, len(items) + 1)), subject


def test_every_text_is_in_both_languages():
    alone = []
    for subject, values in by_subject().items():
        for prop, objects in values.items():
            languages = {value.language for value in objects if isinstance(value, Literal) and value.language}
            if languages and languages != {"zh", "en"}:
                alone.append((subject, prop))
    assert alone == []


@pytest.mark.parametrize(
    ("cls", "props"),
    [
        (DCAT + "Catalog", (DCT + "title", DCT + "description")),
        (DCAT + "Dataset", (DCT + "title", DCT + "description", DCAT + "keyword")),
        (DCAT + "DataService", (DCT + "title", DCT + "description", DCAT + "keyword")),
        (DCAT + "Distribution", (DCT + "title", DCT + "description")),
        (CSVW + "Column", (CSVW + "title", DCT + "description")),
        (SC + "Participant", (FOAF + "name", DCT + "description")),
        (SC + "Component", (DCT + "title", DCT + "description")),
        (SC + "Scenario", (DCT + "title", DCT + "description", SC + "expectedEffect")),
        (SC + "DataNeed", (DCT + "title", DCT + "description")),
        (SC + "DataModel", (DCT + "title", DCT + "description")),
        (ODRL + "Set", (DCT + "title", DCT + "description")),
    ],
)
def test_what_people_read_is_there_and_tagged(cls, props):
    bare = [
        (subject, prop)
        for subject in instances(cls)
        for prop in props
        if not by_subject()[subject][prop] or any(not value.language for value in by_subject()[subject][prop])
    ]
    assert bare == []


def test_no_description_is_used_twice():
    classes = ("Catalog", "Dataset", "DatasetSeries", "DataService")
    texts = Counter(
        text.value
        for cls in classes
        for subject in instances(DCAT + cls)
        for text in by_subject()[subject][DCT + "description"]
    )
    assert [text for text, count in texts.items() if count > 1] == []


def test_time_runs_forward():
    backward = []
    for subject, values in by_subject().items():
        for first, last in ((DCT + "issued", DCT + "modified"), (DCAT + "startDate", DCAT + "endDate")):
            for earlier in values[first]:
                backward += [(subject, later) for later in values[last] if later.value < earlier.value]
    assert backward == []


def test_open_licences_are_not_taken_back_by_the_offer():
    free = {NamedNode(EU + "licence/CC0"), NamedNode(EU + "licence/CC_BY_4_0")}
    for resource, values in by_subject().items():
        licences = set(values[DCT + "license"])
        for distribution in values[DCAT + "distribution"]:
            licences |= set(by_subject()[distribution][DCT + "license"])
        if licences and licences <= free:
            for policy in values[ODRL + "hasPolicy"]:
                assert not by_subject()[policy][ODRL + "prohibition"], resource
                assert all(
                    NamedNode(ODRL + "use") in by_subject()[rule][ODRL + "action"]
                    for rule in by_subject()[policy][ODRL + "permission"]
                ), resource


def test_every_dataset_has_terms_of_use_and_licensed_distributions():
    for dataset in instances(DCAT + "Dataset"):
        values = by_subject()[dataset]
        for policy in values[ODRL + "hasPolicy"]:
            assert by_subject()[policy][ODRL + "permission"], dataset
            assert by_subject()[policy][ODRL + "assigner"] == values[DCT + "publisher"]
        assert values[ODRL + "hasPolicy"], dataset
        assert values[DCAT + "distribution"], dataset
        for distribution in values[DCAT + "distribution"]:
            assert by_subject()[distribution][DCT + "license"], distribution


def test_rules_are_about_the_resource_that_offers_them():
    for resource, values in by_subject().items():
        for policy in values[ODRL + "hasPolicy"]:
            for kind in ("permission", "prohibition", "obligation"):
                for rule in by_subject()[policy][ODRL + kind]:
                    assert by_subject()[rule][ODRL + "target"] == [resource]


def test_every_internal_link_leads_somewhere():
    linked = {
        triple.object
        for triple in triples()
        if isinstance(triple.object, NamedNode) and triple.object.value.startswith(BASE)
    }
    assert sorted(node.value for node in linked if node not in by_subject()) == []


def test_files_do_not_fix_the_base():
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert "@base" not in text
        assert "127.0.0.1" not in text
        assert "localhost" not in text


def test_every_code_exists():
    used = {triple.object.value for triple in triples() if isinstance(triple.object, NamedNode)}
    assert sorted(iri for iri in used if iri.startswith((CODE, EU)) and terms.concept(iri) is None) == []


def test_every_term_and_unit_has_a_name_in_both_languages():
    vocabularies = tuple(set(PREFIXES.values()) - {EU})
    used = {triple.predicate.value for triple in triples()}
    used |= {triple.object.value for triple in triples() if isinstance(triple.object, NamedNode)}
    nameless = [iri for iri in used if iri.startswith(vocabularies) and not {"zh", "en"} <= set(terms.labels(iri))]
    assert sorted(nameless) == []


def test_credit_codes_are_well_formed_and_belong_to_one_participant():
    codes = [
        by_subject()[participant][SC + "unifiedSocialCreditCode"][0].value
        for participant in instances(SC + "Participant")
    ]
    assert [check_credit_code(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)


def test_scenarios_have_needs_met_and_one_open():
    for scenario in instances(SC + "Scenario"):
        needs = by_subject()[scenario][SC + "need"]
        met = [need for need in needs if by_subject()[need][SC + "satisfiedBy"]]
        assert 1 <= len(needs) - len(met) < len(met)


def test_records_are_valid_without_a_warning():
    results = [
        (record.subject, result.severity, result.path, result.messages.get("en"))
        for record in records()
        for result in validate("\n".join(record.lines) + "\n").results
        if str(result.severity) != "info"
    ]
    assert results == []


def test_records_follow_dcat_ap():
    results = [
        (record.subject, result.path, result.messages.get("en"))
        for record in records()
        for result in validate("\n".join(record.lines) + "\n", "dcat-ap").results
        if str(result.severity) == "violation"
    ]
    assert results == []


def test_some_datasets_can_only_be_found_by_meaning():
    """A dataset with the carbon footprint among its meanings, though no text of it names that in either language."""
    words = {text.casefold() for _, text in terms.alternative_labels(CARBON_FOOTPRINT)}
    words |= {text.casefold() for text in terms.labels(CARBON_FOOTPRINT).values()}
    hidden = []
    for record in records():
        text = "\n".join(record.lines).casefold()
        literals = " ".join(part for line in text.splitlines() if '"' in line for part in line.split('"')[1:2])
        if CARBON_FOOTPRINT in text and record.kind is Kind.DATASET and not any(word in literals for word in words):
            hidden.append(record.subject)
    assert hidden


def test_meanings_and_purposes_are_defined():
    for name, least in (("property", 70), ("purpose", 15)):
        scheme = terms.scheme(name)
        assert scheme.version
        concepts = [terms.concept(iri) for iri in scheme.concepts]
        assert len(concepts) >= least
        for concept in concepts:
            assert concept is not None
            assert concept.notation
            assert set(concept.labels) == set(concept.definitions) == {"zh", "en"}
            assert all(terms.concept(broader) for broader in concept.broader)
    assert {SKOS + "Concept"} <= set(terms.concept(CARBON_FOOTPRINT).types)
