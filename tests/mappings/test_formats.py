"""Documents as they come in from strangers: recognised, streamed, and answered clearly where they are at fault."""

import io
import json
import time
import tracemalloc
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from mappings import formats
from mappings.reading import slug
from mappings.streaming import Guard, StreamProblem

BASE = "https://catalogue.example/"


def read(name, document, **options):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(formats.iter_records(name, io.BytesIO(text), BASE, **options))


def us(**members):
    return {"identifier": "a", "title": "A", **members}


@pytest.mark.parametrize(
    ("document", "name", "expected"),
    [
        ({"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", "dataset": []}, "", "dcat-us"),
        ({"dataset": [{"title": "x", "accessLevel": "public"}]}, "data.json", "dcat-us"),
        ({"help": "https://x/api/3/action/help_show?name=package_show", "success": True, "result": {}}, "", "ckan"),
        ({"success": True, "result": {"results": [{"resources": []}]}}, "", "ckan"),
        ([{"name": "x", "owner_org": "y"}], "", "ckan"),
        ({"success": True, "result": {"results": [{"extras": [{"key": "uri", "value": "x"}]}]}}, "", "ckan"),
        ([{"@context": {"cr": "http://mlcommons.org/croissant/"}, "@type": "sc:Dataset"}], "", "croissant"),
        ({"@context": {"@vocab": "https://schema.org/"}, "@type": "Dataset"}, "", "croissant"),
        ({"@context": "http://schema.org", "@type": "Dataset"}, "", "croissant"),
        ({"@context": {"dcat": "http://www.w3.org/ns/dcat#"}, "@type": "dcat:Dataset"}, "x.jsonld", None),
        ({"@context": ["https://www.w3.org/ns/dcat.jsonld"], "@graph": []}, "", None),
        ({"hello": "world"}, "data.json", None),
        (5, "", None),
    ],
)
def test_a_format_is_recognised_by_its_beginning(document, name, expected):
    text = json.dumps(document).encode()
    assert formats.detect(text, name) == expected
    assert formats.detect(b"\xef\xbb\xbf \n" + text, name) == expected


@pytest.mark.parametrize("head", [b"", b"<rdf/>", b"@prefix a: <b> .", b"\xff\xfe{\x00", b"{", b"[" * 3000, b'{"a'])
def test_what_is_no_json_is_no_foreign_format(head):
    assert formats.detect(head) is None


@pytest.mark.parametrize(
    ("name", "document", "pointers"),
    [
        ("dcat-us", {"dataset": [us(), us(identifier="b")]}, ["/dataset/0", "/dataset/1"]),
        ("dcat-us", us(), [""]),
        ("ckan", {"result": {"results": [{"id": "a"}, {"id": "b"}]}}, ["/result/results/0", "/result/results/1"]),
        ("ckan", {"result": [{"id": "a"}]}, ["/result/0"]),
        ("ckan", {"result": {"id": "a"}}, ["/result"]),
        ("ckan", [{"id": "a"}, {"id": "b"}], ["/0", "/1"]),
        ("ckan", b'{"id": "a"}\n{"id": "b"}\n', ["/0", "/1"]),
        ("croissant", {"@type": "Dataset", "name": "x"}, [""]),
        ("croissant", [{"@type": "Dataset", "name": "x"}, {"@type": "Dataset", "name": "y"}], ["/0", "/1"]),
        ("croissant", {"@graph": [{"@type": "Person"}, {"@type": "Dataset", "name": "x"}]}, ["/@graph/1"]),
        ("croissant", {"@type": "DataCatalog", "dataset": [{"@type": "Dataset", "name": "x"}]}, ["/dataset/0"]),
    ],
)
def test_records_are_found_where_the_format_has_them(name, document, pointers):
    records = read(name, document)
    assert [record.pointer for record in records] == pointers
    assert [record.problem for record in records] == [None] * len(pointers)


def test_one_bad_record_never_spoils_the_others():
    records = read(
        "dcat-us", {"dataset": [us(), "text", {"description": "x"}, {"keyword": "x"}, us(identifier="b", title="B")]}
    )
    assert [record.problem and record.problem.reason for record in records] == [
        None, "not-an-object", "no-identity", "no-identity", None,
    ]  # fmt: skip
    assert '"B"@en' in records[-1].ntriples


def test_records_before_the_place_where_a_document_breaks_off_are_handed_out():
    text = json.dumps({"dataset": [us(), us(identifier="b")]}).encode()
    records = read("dcat-us", text[:-20])
    assert [record.problem and record.problem.reason for record in records] == [None, "not-json"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "not-json"),
        (b'{"dataset": [{"a": }]}', "not-json"),
        (b"nonsense", "not-json"),
        (b"<html></html>", "not-json"),
        ('{"title": "ü"}'.encode("utf-16"), "not-json"),
        (b'{"title": "\xff"}', "not-json"),
        (b"[" * 50_000, "too-deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "too-deep"),
        (b'{"dataset": [' + b'{"a]":' * 50_000 + b"1" + b"}" * 50_000 + b"]}", "too-deep"),
        (b'{"dataset": [{"a": ' + b"1" * 20_000 + b"}]}", "number-too-long"),
        (b'{"a": -0.' + b"1" * 100_000 + b"}", "number-too-long"),
        (b"5", "not-an-object"),
        (b"null", "not-an-object"),
    ],
)
def test_malformed_documents_get_a_clear_answer(text, reason):
    for name in formats.FORMATS:
        records = read(name, text)
        assert records[-1].problem.reason == reason


def test_a_record_nested_too_deeply_fails_alone():
    deep = json.loads('{"a":' * 500 + "1" + "}" * 500)
    records = read("dcat-us", {"dataset": [us(extra=deep), us(title=[[[[["deep"]]]]]), us()]})
    assert [record.problem and record.problem.reason for record in records] == ["too-deep", None, None]


def test_a_number_without_end_breaks_off_only_what_follows_and_is_not_sought_in_texts():
    good = [us(identifier=str(number), description="1" * 5_000) for number in range(100)]
    text = json.dumps({"dataset": [*good, us(identifier=0)]}).replace(": 0", ": " + "7" * 20_000).encode()
    *before, last = formats.iter_records("dcat-us", io.BytesIO(text), BASE)
    assert len(before) > 50
    assert not any(record.problem for record in before)
    assert last.problem.reason == "number-too-long"


@given(st.integers(900, 1_100), st.integers(1, 2_000))
def test_digits_are_counted_across_the_pieces_in_which_a_document_comes(digits, size):
    text = b'["' + b"1" * 1_500 + b'", ' + b"2" * digits + b"]"
    guard = Guard()
    with pytest.raises(StreamProblem, match="number-too-long") if digits > 1_000 else nullcontext():
        for start in range(0, len(text), size):
            guard.feed(text[start : start + size])


def test_a_format_is_sought_no_further_than_a_number_without_end():
    assert formats.detect(b'{"dataset": ' + b"1" * 20_000) is None


def test_an_endless_record_is_refused_without_being_read_to_its_end(monkeypatch):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += 65_536
            return b'{"dataset": [{"title": "' + b"x" * 65_536 if self.given == 65_536 else b"x" * 65_536

    stream = Endless()
    (record,) = formats.iter_records("dcat-us", stream, BASE)
    assert record.problem.reason == "too-large"
    assert stream.given < 80_000_000


def test_a_long_list_is_read_one_record_at_a_time():
    class Long(io.RawIOBase):
        count = 0

        def read(self, size=-1):
            self.count += 1
            if self.count > 300:
                return b"]}" if self.count == 301 else b""
            many = b",".join(
                json.dumps(us(identifier=f"{self.count}-{i}", description="x" * 500)).encode() for i in range(10)
            )
            return (b'{"dataset": [' if self.count == 1 else b",") + many

    tracemalloc.start()
    assert sum(record.problem is None for record in formats.iter_records("dcat-us", Long(), BASE)) == 3000
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_identity_follows_from_the_record_and_stays():
    own = read("dcat-us", us(identifier="https://agency.example/d/1"))[0]
    assert own.iri == "https://agency.example/d/1"
    assert read("ckan", {"id": "3b2d-7a52", "name": "x"})[0].iri == BASE + "id/dataset/3b2d-7a52"
    first, second = (read("dcat-us", us(identifier=key))[0].iri for key in ("A b", "a-b"))
    assert first != second
    assert first == read("dcat-us", us(identifier="A b", title="changed"))[0].iri
    twin = {"@type": "Dataset", "name": "mnist"}
    one, other = (read("croissant", {**twin, "url": f"https://{host}.example/"})[0].iri for host in "ab")
    assert one != other


@given(st.text(min_size=1), st.text(min_size=1))
def test_slugs_are_safe_and_differ_where_identifiers_do(one, other):
    assert slug(one).isascii()
    assert 0 < len(slug(one)) <= 69
    assert (slug(one) == slug(other)) == (one == other)


def test_scripts_and_markup_pass_as_valid_statements_for_the_intake_to_judge():
    (record,) = read("dcat-us", us(title="<script>alert(1)</script>", landingPage="javascript:alert(1) "))
    statements = list(parse(record.ntriples, format=RdfFormat.N_TRIPLES))
    assert {triple.object.value for triple in statements} >= {"<script>alert(1)</script>", "javascript:alert(1)"}


def test_values_that_do_not_fit_are_reported_and_the_rest_is_kept():
    (record,) = read("dcat-us", us(modified="R/P1D", landingPage="a b", keyword=["x", 5], accessLevel="secret"))
    assert {(loss.pointer, loss.reason) for loss in record.losses} == {
        ("/modified", "not-a-date"),
        ("/landingPage", "not-an-absolute-iri"),
        ("/keyword/1", "not-a-text"),
        ("/accessLevel", "unknown-code"),
    }
    assert '"x"@en' in record.ntriples


def test_terms_are_mapped_by_meaning_whatever_a_context_calls_them():
    document = {
        "@context": {
            "s": "http://schema.org/",
            "titel": "s:name",
            "art": "@type",
            "ml": "http://mlcommons.org/schema/",
        },
        "art": "s:Dataset",
        "titel": {"@value": "Zug", "@language": "de"},
        "s:description": "x",
        "ml:recordSet": {"ml:field": {"s:name": "f", "ml:dataType": "s:Integer"}},
    }
    (record,) = read("croissant", document)
    assert record.losses == ()
    assert '"Zug"@de' in record.ntriples
    assert "csvw#datatype> <http://www.w3.org/2001/XMLSchema#integer>" in record.ntriples


def test_remote_contexts_are_reported_and_never_fetched():
    (record,) = read("croissant", {"@context": "https://evil.example/c.json", "@type": "Dataset", "name": "x"})
    assert [(loss.reason, loss.value) for loss in record.losses] == [("remote-context", "https://evil.example/c.json")]
    (known,) = read("croissant", {"@context": "https://schema.org/", "@type": "Dataset", "name": "x"})
    assert known.losses == ()


def test_texts_are_tagged_only_with_a_language_that_somebody_stated():
    bare = {"@context": "https://schema.org/", "@type": "Dataset", "name": "数据"}
    assert '"数据" .' in read("croissant", bare)[0].ntriples
    assert '"数据"@zh .' in read("croissant", bare, language="zh")[0].ntriples
    tagged = {**bare, "@context": {"@vocab": "https://schema.org/", "@language": "zh"}}
    assert '"数据"@zh .' in read("croissant", tagged)[0].ntriples


names = st.sampled_from(
    [
        "title",
        "name",
        "@id",
        "@type",
        "@context",
        "identifier",
        "id",
        "extras",
        "key",
        "value",
        "distribution",
        "keyword",
        "publisher",
        "url",
        "dataset",
        "result",
        "results",
        "recordSet",
        "field",
        "license",
        "usageInfo",
        "@graph",
        "tags",
    ]
)
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["Dataset", "https://a.example/"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=3), inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(documents, st.sampled_from(formats.FORMATS))
def test_no_document_breaks_the_import_and_all_output_is_valid(document, name):
    for record in read(name, document):
        assert (record.problem is None) == bool(record.ntriples)
        list(parse(record.ntriples, format=RdfFormat.N_TRIPLES))


def test_deep_nesting_is_answered_quickly():
    started = time.process_time()
    read("dcat-us", b'{"dataset": [' + b'{"' + b"k" * 200 + b'":' * 20_000)
    read("dcat-us", b'{"dataset": [' + (b'{"' + b"k" * 200 + b'":') * 20_000)
    assert time.process_time() - started < 5
