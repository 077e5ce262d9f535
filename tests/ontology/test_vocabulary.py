"""The vocabulary is whole: every term in use is defined, named in both languages, and free of contradictions."""

import re
from pathlib import Path

import owlready2
import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from ontology import terms
from ontology.description import Description, expand
from ontology.namespaces import CODE, DCT, EU, OWL, RDF, RDFS, SC, SKOS

ROOT = Path(__file__).parents[2]
DOCUMENTS = terms.documents()
SCHEMES = [scheme.name for scheme in terms.schemes()]
STATED = Description(quad.triple for name in DOCUMENTS for quad in parse(terms.document(name), format=RdfFormat.TURTLE))
OWN = [node for node in STATED.subjects() if node.value.startswith(SC)]


def used_terms(text: str) -> set[str]:
    """Return the IRIs of our own terms and codes that a text writes, prefixed (docs) or in full."""
    prefixed = {expand(name) for name in re.findall(r"\bsc:[A-Za-z]\w*", text)}
    codes = {CODE + path for path in re.findall(r"\bcode:([a-z0-9-]+/[A-Za-z0-9-]+)", text)}
    return prefixed | codes


@pytest.mark.parametrize("file", ["docs/model.md", *map(str, sorted((ROOT / "shapes").rglob("*.ttl")))])
def test_every_term_in_use_is_defined(file):
    used = used_terms((ROOT / file).read_text(encoding="utf-8"))
    placeholders = {CODE + "SCHEME/CODE"}
    assert sorted(iri for iri in used - placeholders if NamedNode(iri) not in STATED) == []


def test_the_code_lists_that_the_model_names_exist():
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").split("## Code lists")[1]
    named = set(re.findall(r"`([a-z0-9-]+)`", text))
    assert sorted(named - set(SCHEMES)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_everything_is_named_in_both_languages(name):
    for node in Description(parse(terms.document(name), format=RdfFormat.TURTLE)).subjects():
        assert {"zh", "en"} <= {tag for tag, text in terms.labels(node.value).items() if text}, node


@pytest.mark.parametrize("node", OWN, ids=lambda node: node.value.removeprefix(SC))
def test_our_terms_say_what_they_mean(node):
    assert set(STATED.texts(node, "skos:definition")) == {"zh", "en"}
    assert STATED.iris(node, "rdfs:isDefinedBy") == [SC.rstrip("#")]


@pytest.mark.parametrize("name", SCHEMES)
def test_schemes_are_versioned_and_whole(name):
    scheme = terms.scheme(name)
    node = NamedNode(scheme.iri)
    assert scheme.iri in (CODE + name, EU + name)
    assert scheme.version
    assert STATED.texts(node, "dct:title").keys() == {"zh", "en"}
    for iri in scheme.concepts:
        concept = terms.concept(iri)
        assert concept.notation, iri
        assert iri.startswith(scheme.iri + "/"), iri
        assert bool(concept.broader) != (scheme.iri in STATED.iris(NamedNode(iri), "skos:topConceptOf")), iri
        assert [parent for parent in concept.broader if terms.concept(parent).scheme != scheme.iri] == []
        assert iri not in terms.broader(iri)


@pytest.mark.parametrize("name", SCHEMES)
def test_notations_are_unique_within_a_scheme(name):
    notations = [terms.concept(iri).notation for iri in terms.scheme(name).concepts]
    assert len(set(notations)) == len(notations)


def test_national_codes_are_all_there():
    counts = {"classification": 4, "data-source": 4, "delivery-form": 6, "update-frequency": 9, "quality-grade": 4}
    counts |= {"security-level": 5, "service-type": 5, "topic": 24, "application": 20, "gbt4754": 20}
    assert {name: len(terms.scheme(name).concepts) for name in counts} == counts


def test_eu_concepts_have_the_class_that_dcat_ap_asks_for():
    asked = {"frequency": "Frequency", "access-right": "RightsStatement", "file-type": "MediaTypeOrExtent"}
    asked |= {"language": "LinguisticSystem", "country": "Location", "licence": "LicenseDocument"}
    for name, cls in asked.items():
        assert [iri for iri in terms.scheme(name).concepts if DCT + cls not in terms.concept(iri).types] == []


def test_an_ontology_engine_finds_no_contradiction(tmp_path):
    """owlready2 loads the vocabulary; no class or property is above itself, and no domain or range is left open."""
    file = tmp_path / "spacecat.nt"
    triples = parse(terms.document("spacecat"), format=RdfFormat.TURTLE)
    file.write_text("".join(f"{quad.triple} .\n" for quad in triples), encoding="utf-8")
    ontology = owlready2.World().get_ontology(file.as_uri()).load()
    classes = {cls.iri: cls for cls in ontology.classes() if cls.iri.startswith(SC)}
    properties = {prop.iri: prop for prop in ontology.properties() if prop.iri.startswith(SC)}
    assert sorted(classes | properties) == sorted(node.value for node in OWN)
    for entity in (classes | properties).values():
        assert entity not in [parent for parent in entity.is_a if hasattr(parent, "iri")]
        assert all(entity not in ancestor.ancestors() for ancestor in entity.ancestors() if ancestor is not entity)


def test_domains_and_ranges_are_known_classes():
    known = {node.value for node in STATED.subjects()}
    for node in OWN:
        for iri in STATED.iris(node, "rdfs:domain", "rdfs:range", "rdfs:subClassOf", "rdfs:subPropertyOf"):
            assert iri in known, (node, iri)


def test_our_terms_are_classes_or_properties_of_one_sort():
    sorts = {OWL + "Class", OWL + "ObjectProperty", OWL + "DatatypeProperty"}
    assert [node for node in OWN if len(sorts & set(STATED.types(node))) != 1] == []


def test_namespaces_of_the_standard_terms_are_spelt_right():
    for iri in (RDF + "type", RDFS + "label", SKOS + "prefLabel"):
        assert terms.label(iri, "en")
