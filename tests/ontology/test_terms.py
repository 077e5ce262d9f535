"""Names, code lists and matches, as pages, search and checks ask for them."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from ontology import terms
from ontology.namespaces import CODE, DCAT, DCT, EU, ODRL, QUDT, SC, UNIT, XSD

MONTHLY = EU + "frequency/MONTHLY"


@pytest.mark.parametrize(
    ("iri", "language", "expected"),
    [
        (CODE + "update-frequency/004", "zh", "每月"),
        (CODE + "gbt4754/D", "zh", "电力、热力、燃气及水生产和供应业"),
        (EU + "data-theme/ENVI", "en", "Environment"),
        (SC + "Participant", "zh", "参与方"),
        (SC + "meaning", "en", "Meaning"),
        (DCAT + "distribution", "zh", "分发"),
        (DCT + "accrualPeriodicity", "en", "Update frequency"),
        (ODRL + "distribute", "zh", "分发"),
        (ODRL + "isAnyOf", "en", "is any of"),
        (ODRL + "purpose", "zh", "用途"),
        (QUDT + "hasUnit", "zh", "单位"),
        (UNIT + "KiloGM", "zh", "千克"),
        (XSD + "decimal", "zh", "小数"),
        (CODE + "gbt4754", "en", "Industries (sections of GB/T 4754)"),
        (MONTHLY, "fr", "Monthly"),
        ("http://creativecommons.org/licenses/by/4.0/", "en", "Creative Commons Attribution 4.0"),
        ("https://example.org/unknown", "en", None),
    ],
)
def test_label(iri, language, expected):
    assert terms.label(iri, language) == expected


def test_labels_and_definitions_in_both_languages():
    assert terms.labels(SC + "dataItem") == {"zh": "数据项", "en": "Data item"}
    assert "字段" in terms.definition(SC + "dataItem", "zh")
    assert "field" in terms.definition(SC + "dataItem", "en")
    assert terms.definition("https://example.org/unknown", "en") is None
    assert terms.labels("https://example.org/unknown") == {}


def test_a_scheme_holds_its_concepts_in_order():
    sections = terms.scheme("gbt4754")
    assert sections.version == "2017"
    assert [iri.rsplit("/", 1)[1] for iri in sections.concepts] == list("ABCDEFGHIJKLMNOPQRST")
    assert terms.scheme("update-frequency").source.startswith("NDI-TR-2025-06")


def test_an_unknown_scheme_or_document_is_named_in_the_error():
    with pytest.raises(terms.UnknownVocabularyError, match="nonsense"):
        terms.scheme("nonsense")
    for name in ("nonsense", "../namespaces", ""):
        with pytest.raises(terms.UnknownVocabularyError):
            terms.document(name)


def test_the_same_frequency_counts_once():
    assert terms.canonical(CODE + "update-frequency/004") == MONTHLY == terms.canonical(MONTHLY)


def test_the_same_licence_counts_once():
    licence = EU + "licence/CC_BY_4_0"
    assert terms.canonical("http://creativecommons.org/licenses/by/4.0/") == licence
    assert terms.canonical("https://creativecommons.org/licenses/by/4.0/") == licence
    assert terms.canonical(licence) == licence


def test_canonical_leads_to_the_end_at_once():
    concepts = [iri for scheme in terms.schemes() for iri in scheme.concepts]
    assert [iri for iri in concepts if terms.canonical(terms.canonical(iri)) != terms.canonical(iri)] == []


@given(st.text())
def test_what_is_not_known_stays_as_it_is(text):
    assert terms.canonical("urn:x:" + text) == "urn:x:" + text
    assert terms.broader("urn:x:" + text) == ()


def test_broader_concepts():
    assert terms.broader(CODE + "topic/D0300") == (CODE + "topic/D0000",)
    assert terms.broader(CODE + "topic/D0000") == ()


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("每月", CODE + "update-frequency/004"),
        ("monthly", MONTHLY),
        ("  CC  BY 4.0 ", EU + "licence/CC_BY_4_0"),
        ("odbl", EU + "licence/ODC_BL"),
        ("制造业", CODE + "gbt4754/C"),
        ("生态环境", CODE + "topic/C0500"),
        ("德国", EU + "country/DEU"),
    ],
)
def test_concepts_by_any_of_their_labels(text, iri):
    assert iri in terms.concepts_matching(text)


def test_words_that_are_no_label_match_nothing():
    assert terms.concepts_matching("碳足迹核算数据的一部分") == ()


def test_background_tells_classes_and_schemes_of_known_iris_alone():
    csv = EU + "file-type/CSV"
    media_type = "http://www.iana.org/assignments/media-types/text/csv"
    text = terms.background([csv, media_type, SC + "DataModel", "https://example.org/unknown"])
    told = {(q.subject.value, q.object.value) for q in parse(text, format=RdfFormat.N_TRIPLES)}
    assert (csv, DCT + "MediaTypeOrExtent") in told
    assert (csv, EU + "file-type") in told
    assert (media_type, DCT + "MediaType") in told
    assert (SC + "DataModel", DCT + "Standard") in told
    assert {subject for subject, _ in told} == {csv, media_type, SC + "DataModel"}


def test_documents_are_served_as_they_are_kept():
    for name in terms.documents():
        assert list(parse(terms.document(name), format=RdfFormat.TURTLE))


def test_importing_reads_nothing_and_the_first_question_is_answered_at_once():
    code = (
        "import time; from ontology import terms;"
        "assert terms._vocabulary.cache_info().currsize == 0;"
        "start = time.process_time(); terms.label('urn:x', 'en');"
        "print(time.process_time() - start)"
    )
    spent = float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert spent < 0.3
