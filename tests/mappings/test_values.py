import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from mappings import values
from mappings.rules import FieldRule, shipped
from mappings.values import Surroundings, ValueProblem
from ontology.namespaces import XSD

AROUND = Surroundings("en", {"odrl": "http://www.w3.org/ns/odrl/2/"})


def read(kind, value, **options):
    rule = FieldRule(paths=(), properties=(), kind=kind, **options)
    return [(term.value, getattr(term, "language", None)) for term in values.read(value, rule, AROUND)]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "Hallo", [("Hallo", "en")]),
        ("text", {"de": "Hallo", "zh": ["你好", "您好"]}, [("Hallo", "de"), ("你好", "zh"), ("您好", "zh")]),
        ("text", {"@value": "Hallo", "@language": "de"}, [("Hallo", "de")]),
        ("string", 1.5, [("1.5", None)]),
        ("iri", "https://a.example/x y<z>", [("https://a.example/x%20y%3Cz%3E", None)]),
        ("iri", {"@id": "odrl:use"}, [("http://www.w3.org/ns/odrl/2/use", None)]),
        ("iri", "javascript:alert(1)", [("javascript:alert(1)", None)]),
        ("email", "mailto: a@b.example", [("mailto:a@b.example", None)]),
        ("bytes", "3.2 MB", [("3200000", None)]),
        ("bytes", "1 KiB", [("1024", None)]),
        ("bytes", "117,743 B", [("117743", None)]),
        ("bytes", 12, [("12", None)]),
        ("duration", "P2W", [("P14D", None)]),
        ("boolean", True, [("true", None)]),
        ("integer", "+7", [("7", None)]),
        ("decimal", "1e3", [("1000", None)]),
    ],
)
def test_values_are_read_by_their_kind(kind, value, expected):
    assert read(kind, value) == expected


@pytest.mark.parametrize(
    ("text", "lexical", "datatype"),
    [
        ("2024", "2024", "gYear"),
        ("2024-02", "2024-02", "gYearMonth"),
        ("2024-02-29", "2024-02-29", "date"),
        ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z", "dateTime"),
        ("2024-02-29 10:00", "2024-02-29T10:00:00", "dateTime"),
        ("2024-02-29T10:00:00.5+0800", "2024-02-29T10:00:00.5+08:00", "dateTime"),
    ],
)
def test_dates_keep_their_precision(text, lexical, datatype):
    assert values.date_literal(text) == Literal(lexical, datatype=NamedNode(XSD + datatype))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("text", 5, "not-a-text"),
        ("text", {"name": "x"}, "not-a-text"),
        ("text", {"en": 5}, "not-a-text"),
        ("text", "\ud800", "not-unicode"),
        ("text", {"@value": "x", "@language": "no such tag"}, "not-a-language-tag"),
        ("string", True, "not-a-text"),
        ("iri", "page.html", "not-an-absolute-iri"),
        ("iri", "http://[", "not-an-iri"),
        ("iri", "http://a.example/\ud800", "not-an-iri"),
        ("iri", 5, "not-an-iri"),
        ("email", "nobody", "not-an-email-address"),
        ("date", "2023-02-29", "not-a-date"),
        ("date", "R/P1D", "not-a-date"),
        ("date", "yesterday", "not-a-date"),
        ("duration", "P", "not-a-duration"),
        ("integer", True, "not-an-integer"),
        ("integer", "9" * 5000, "not-an-integer"),
        ("decimal", "NaN", "not-a-number"),
        ("decimal", "1e999999999", "not-a-number"),
        ("boolean", "maybe", "not-a-boolean"),
        ("bytes", " B", "not-a-size"),
        ("bytes", -1, "not-a-size"),
        ("code", "no such code", "unknown-code"),
        ("code", ["x"], "not-a-code"),
    ],
)
def test_what_is_not_of_its_kind_is_named(kind, value, reason):
    with pytest.raises(ValueProblem, match=reason):
        read(kind, value)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("2020/2021-06-30", "2020", "2021-06-30"), ("2020/..", "2020", None), ("2020-05", "2020-05", "2020-05")],
)
def test_intervals_may_be_open(text, start, end):
    assert [side and side.value for side in values.interval(text)] == [start, end]


@pytest.mark.parametrize("text", ["../..", "/", "", "a/b", 5])
def test_what_is_no_interval_is_refused(text):
    with pytest.raises(ValueProblem):
        values.interval(text)


@given(st.text())
def test_any_text_as_an_iri_is_valid_or_refused(text):
    try:
        found = values.iri(text)
    except ValueProblem:
        return
    assert NamedNode(found.value) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("@value"), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(json_values, st.sampled_from(sorted(values._READERS)))
def test_no_value_breaks_a_reader(value, kind):
    with contextlib.suppress(ValueProblem):
        read(kind, value)


def table_of(name):
    fields = shipped()["dcat-us"].resource.fields
    return next(field.tables[0] for field in fields if field.paths[0].text == name)


def test_names_of_codes_are_found_in_any_case_and_written_as_the_format_has_them():
    frequency = table_of("accrualPeriodicity")
    monthly = "http://publications.europa.eu/resource/authority/frequency/MONTHLY"
    assert {frequency.find_iri(name) for name in ("R/P1M", "monthly", " Monthly ", "每月", monthly)} == {monthly}
    assert frequency.name_of[monthly] == "R/P1M"
    licence = table_of("license")
    by = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
    assert licence.find_iri("http://creativecommons.org/licenses/by/4.0") == by
