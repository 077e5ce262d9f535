"""Reading: every syntax, the places of faults, and what is refused before it does harm."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from catalog.errors import InputError, LimitExceededError, SpacecatError, SyntaxInvalidError
from catalog.reading import find_syntax, iter_statements, open_plain
from catalog.syntaxes.statements import Problem

XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">{}</rdf:RDF>'
GOOD = b'<http://e/a> <http://e/p> "1" .\n'


def read(data: bytes, syntax: RdfFormat, base: str | None = None) -> tuple[list[str], list[Problem]]:
    lines: list[str] = []
    problems: list[Problem] = []
    for item in iter_statements(open_plain(io.BytesIO(data)), syntax, base):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            lines += item.text
    return lines, problems


def refusal(data: bytes, syntax: RdfFormat) -> SpacecatError:
    with pytest.raises(SpacecatError) as raised:
        read(data, syntax)
    return raised.value


# Which syntax


@pytest.mark.parametrize(
    ("name", "media_type", "head", "expected"),
    [
        ("a.ttl", None, b"", RdfFormat.TURTLE),
        ("a.NT.gz", None, b"", RdfFormat.N_TRIPLES),
        ("a.ttl", "application/rdf+xml; charset=utf-8", b"", RdfFormat.RDF_XML),
        ("upload", "text/plain", GOOD, RdfFormat.N_QUADS),
        ("upload", None, b"# note\n\n<http://a> <http://p> <http://o> <http://g> .", RdfFormat.N_QUADS),
        ("upload", None, b"@prefix e: <http://e/> .", RdfFormat.TRIG),
        ("upload", None, b"\xef\xbb\xbfPREFIX e: <http://e/>", RdfFormat.TRIG),
        ("upload", None, b' [{"@id": "http://a"}]', RdfFormat.JSON_LD),
        ("upload", None, b"[] a <http://a> .", RdfFormat.TURTLE),
        ("upload", None, b'<?xml version="1.0"?>', RdfFormat.RDF_XML),
        ("upload", None, b"<rdf:RDF>", RdfFormat.RDF_XML),
        ("upload", None, b"dear catalogue, here is some data", None),
        ("upload", None, b"", None),
    ],
)
def test_the_syntax_is_found_by_media_type_ending_or_first_bytes(
    name: str, media_type: str | None, head: bytes, expected: RdfFormat | None
) -> None:
    assert find_syntax(name, media_type, head) == expected


@given(st.binary(max_size=200))
def test_finding_the_syntax_of_anything_never_fails(head: bytes) -> None:
    find_syntax("upload", None, head)


# Every syntax says the same


@pytest.mark.parametrize(
    ("syntax", "data"),
    [
        (RdfFormat.N_TRIPLES, GOOD),
        (RdfFormat.N_QUADS, b'<http://e/a> <http://e/p> "1" <http://g> .'),
        (RdfFormat.TURTLE, b'@prefix e: <http://e/> . e:a e:p "1" .'),
        (RdfFormat.TRIG, b'@prefix e: <http://e/> . <http://g> { e:a e:p "1" }'),
        (RdfFormat.JSON_LD, b'{"@id": "http://e/a", "http://e/p": "1"}'),
        (RdfFormat.RDF_XML, XML.format('<rdf:Description rdf:about="http://e/a" e:p="1"/>').encode()),
    ],
)
@pytest.mark.parametrize("dressed", ["as it is", "byte-order mark", "gzip"])
def test_every_syntax_is_read(syntax: RdfFormat, data: bytes, dressed: str) -> None:
    data = b"\xef\xbb\xbf" + data if dressed == "byte-order mark" else data
    data = gzip.compress(data) if dressed == "gzip" else data
    assert read(data, syntax) == (['<http://e/a> <http://e/p> "1" .'], [])


@pytest.mark.parametrize("encoding", ["utf-16", "latin1", "gbk", "gb18030"])
def test_xml_may_be_in_the_encoding_it_declares(encoding: str) -> None:
    text = "café" if encoding == "latin1" else "电池"
    document = f'<?xml version="1.0" encoding="{encoding}"?>' + XML.format(
        f'<rdf:Description rdf:about="http://e/a"><e:p>{text}</e:p></rdf:Description>'
    )
    assert read(document.encode(encoding), RdfFormat.RDF_XML) == ([f'<http://e/a> <http://e/p> "{text}" .'], [])


def test_lexical_forms_stay_as_they_were_written() -> None:
    lines, _ = read(
        b"""@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . <http://a> <http://p> 1.50, "42"^^xsd:nonNegativeInteger,
        "2020-01-01T00:00:00+00:00"^^xsd:dateTime .""",
        RdfFormat.TURTLE,
    )
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert [line.split(" ", 2)[2][:-2] for line in lines] == [
        f'"1.50"^^<{xsd}decimal>',
        f'"42"^^<{xsd}nonNegativeInteger>',
        f'"2020-01-01T00:00:00+00:00"^^<{xsd}dateTime>',
    ]


def test_relative_iris_are_resolved_against_the_base() -> None:
    assert read(b"<a> <p> <> .", RdfFormat.TURTLE, "http://e/x/")[0] == [
        "<http://e/x/a> <http://e/x/p> <http://e/x/> ."
    ]
    data = b'{"@id": "a", "http://e/p": {"@id": "b"}}'
    assert read(data, RdfFormat.JSON_LD, "http://e/")[0] == ["<http://e/a> <http://e/p> <http://e/b> ."]
    assert [problem.code for problem in read(data, RdfFormat.JSON_LD)[1]] == ["iri-relative"]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
nodes = st.one_of(
    st.integers(0, 5).map(lambda i: NamedNode(f"http://e/{i}")), st.integers(0, 5).map(lambda i: BlankNode(f"b{i}"))
)
literals = st.one_of(
    texts.map(Literal),
    texts.map(lambda text: Literal(text, language="zh-hans")),
    texts.map(lambda text: Literal(text, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))),
)
triples = st.builds(Triple, nodes, st.just(NamedNode("http://e/p")), st.one_of(nodes, literals))


@given(st.lists(triples, max_size=20), st.sampled_from([RdfFormat.N_TRIPLES, RdfFormat.TURTLE]))
def test_what_is_read_is_what_was_written(written: list[Triple], syntax: RdfFormat) -> None:
    lines, problems = read(serialize(written, format=syntax) or b"", syntax)
    assert problems == []
    assert {quad.triple for quad in parse("\n".join(lines), RdfFormat.N_TRIPLES)} == set(written)


# Faults and where they are


def test_a_bad_line_is_told_and_the_others_are_kept() -> None:
    data = b"\n".join(
        [
            b'<http://e/a> <http://e/p> "1" .',
            b"# a comment",
            b'<http://e/b c> <http://e/p> "space" .',
            b'<http://e/d> <http://e/p> "no full stop"',
            b"<http://e/e> <http://e/p> <relative> .",
            b'<http://e/f> <http://e/p> "caf\xe9" .',
            b'<http://e/g> <http://e/p> <<( <http://e/a> <http://e/p> "1" )>> .',
            b'<http://e/h> <http://e/p> "1" .',
        ]
    )
    lines, problems = read(data, RdfFormat.N_TRIPLES)
    assert [line[:12] for line in lines] == ["<http://e/a>", "<http://e/h>"]
    assert [(problem.line, problem.code, problem.subject) for problem in problems] == [
        (3, "syntax-error", None),
        (4, "syntax-error", "<http://e/d>"),
        (5, "syntax-error", "<http://e/e>"),
        (6, "encoding-not-utf8", "<http://e/f>"),
        (7, "triple-term", "<http://e/g>"),
    ]


def test_line_numbers_of_statements_skip_comments_and_blank_lines() -> None:
    stream = open_plain(io.BytesIO(b"# one\n" + GOOD + b"\n\n" + GOOD))
    numbers = [
        item.lines for item in iter_statements(stream, RdfFormat.N_TRIPLES, None) if not isinstance(item, Problem)
    ]
    assert numbers == [[2, 5]]


def test_turtle_goes_on_after_an_error_and_says_what_may_be_incomplete() -> None:
    data = b'@prefix e: <http://e/> .\ne:a e:p "1" ; e:q <http://b ad> ; e:r "lost" .\ne:b e:p "2" .\n'
    lines, problems = read(data, RdfFormat.TURTLE)
    assert [line[:12] for line in lines] == ["<http://e/a>", "<http://e/b>"]
    assert [(p.line, p.subject, p.lost) for p in problems] == [(2, "<http://e/a>", True)]


@pytest.mark.parametrize(
    "between",
    [
        "garbage here .",
        "%%% .",
        "\n\n# note\n  garbage .",
        "# it's a note.\ngarbage .",
        '"text" e:p 2 .',
        "nope:x e:p 1 .",
        "<http://b ad> e:p 1 .",
        "\r\n; e:q 3 .",
    ],
)
def test_what_stands_between_statements_is_blamed_on_no_subject(between: str) -> None:
    lines, problems = read(
        f'@prefix e: <http://e/> . e:a e:p "1. "@en . {between}\ne:b e:p 2 .'.encode(), RdfFormat.TURTLE
    )
    assert {line[:12] for line in lines} == {"<http://e/a>", "<http://e/b>"}
    assert problems
    assert {problem.subject for problem in problems} == {None}
    data = f"@prefix e: <http://e/> . <http://g> {{ e:a e:p 1 . {between}\n}}"
    assert {problem.subject for problem in read(data.encode(), RdfFormat.TRIG)[1]} <= {None}


@pytest.mark.parametrize(
    "fault",
    [
        '"a full stop. \\q"',
        '"a full stop. \n"',
        '"a full stop. \r\n"',
        '"""a full stop.\n\\q"""',
        "<http://e/a. \\q>",
        "<http://e/a. b>",
        "nope:x",
        "e:a.%zz",
        "e:a\\. %",
        '"one . # two" %',
    ],
)
@pytest.mark.parametrize("padding", [0, 3 << 20])
def test_what_stands_within_a_statement_is_blamed_on_its_subject(fault: str, padding: int) -> None:
    comments = ("#" * 63 + "\n") * (padding // 64)
    data = f'{comments}@prefix e: <http://e/> .\ne:a e:p "1" ;\n e:q {fault} ; e:r 2 .\n e:c e:p 1 .\n{comments}'
    problems = read(data.encode(), RdfFormat.TURTLE)[1]
    assert problems[0].subject == "<http://e/a>"
    assert problems[0].lost


def test_a_bad_iri_in_xml_costs_one_statement() -> None:
    data = XML.format(
        '<rdf:Description rdf:about="http://e/a">'
        '<e:p>1</e:p><e:q rdf:resource="http://e/x y"/><e:r>3</e:r></rdf:Description>'
    ).encode()
    lines, problems = read(data, RdfFormat.RDF_XML)
    assert len(lines) == 2
    assert [(p.code, p.value, p.path, p.subject) for p in problems] == [
        ("iri-invalid", "http://e/x y", "http://e/q", "<http://e/a>")
    ]


@pytest.mark.parametrize("iri", ["http://e/x> <http://e/p> <http://e/y", 'http://e/"', "http://e/\\", "http://e/|"])
def test_an_iri_cannot_smuggle_statements_in(iri: str) -> None:
    escaped = iri.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    data = XML.format(f'<rdf:Description rdf:about="http://e/a"><e:q rdf:resource="{escaped}"/></rdf:Description>')
    assert [p.code for p in read(data.encode(), RdfFormat.RDF_XML)[1]] == ["iri-invalid"]


@pytest.mark.parametrize(
    ("syntax", "data", "code", "where"),
    [
        (RdfFormat.TURTLE, "<http://a> <http://p> 1 .".encode("utf-16"), "encoding-not-utf8", "line 1"),
        (RdfFormat.JSON_LD, '{"@id": "http://a"}'.encode("utf-16-le"), "encoding-not-utf8", "line 1"),
        (RdfFormat.TURTLE, b'<http://a> <http://p>\n "caf\xe9" .', "encoding-not-utf8", "line 2"),
        (RdfFormat.JSON_LD, b'{"@id":\n"http://caf\xe9"}', "encoding-not-utf8", "line 2"),
        (RdfFormat.RDF_XML, b'<?xml version="1.0" encoding="rot13"?><a/>', "encoding-not-utf8", "line 1"),
        (RdfFormat.RDF_XML, XML.format("\n<e:a></e:b>").encode(), "syntax-error", "line 2, column 8"),
        (RdfFormat.RDF_XML, b"", "syntax-error", "line 1, column 1"),
        (RdfFormat.JSON_LD, b'{"@id": "http://a",\n"x" 1}', "syntax-error", "line 2, column 5"),
        (RdfFormat.JSON_LD, b'{"@id": 5}', "syntax-error", ""),
        (RdfFormat.JSON_LD, b"[NaN]", "syntax-error", ""),
        (RdfFormat.N_TRIPLES, b"nonsense\n" * 1001, "too-many-errors", ""),
        (RdfFormat.N_TRIPLES, gzip.compress(GOOD * 999)[:-9], "gzip-invalid", ""),
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused_whole(
    syntax: RdfFormat, data: bytes, code: str, where: str
) -> None:
    error = refusal(data, syntax)
    assert isinstance(error, SyntaxInvalidError)
    assert (error.code, error.where) == (code, where)


# What would do harm


def test_a_context_that_is_not_kept_here_is_refused_with_its_place() -> None:
    error = refusal(b'{"@context": [{}, "https://evil.example/c.jsonld"], "@id": "http://a"}', RdfFormat.JSON_LD)
    assert isinstance(error, InputError)
    assert (error.code, error.where) == ("context-refused", "/@context/1")
    imported = refusal(
        b'{"@context": {"@version": 1.1, "@import": "http://e/c"}, "@id": "http://a"}', RdfFormat.JSON_LD
    )
    assert (imported.code, imported.where) == ("context-refused", "/@context/@import")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("context", "document", "expected"),
    [
        ("semiceu.github.io/DCAT-AP/releases/3.0.0/context/dcat-ap.jsonld", '"Dataset.title": "x"', "dc/terms/title"),
        ("semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld", '"@type": "Dataset"', "ns/dcat#Dataset"),
        ("www.w3.org/ns/odrl.jsonld", '"action": "use"', "odrl/2/use"),
    ],
)
def test_well_known_contexts_are_put_in(scheme: str, context: str, document: str, expected: str) -> None:
    data = f'{{"@context": "{scheme}://{context}", "@id": "http://a", {document}}}'.encode()
    lines, problems = read(data, RdfFormat.JSON_LD)
    assert expected in lines[0]
    assert problems == []


BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ha"}">' for i in range(10))


@pytest.mark.parametrize(
    "subset", [BOMB, '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % p "x">', f'<!ENTITY a "{"x" * 2000}">']
)
def test_entities_beyond_abbreviations_are_refused(subset: str) -> None:
    assert refusal(f"<!DOCTYPE r [{subset}]>{XML}".encode(), RdfFormat.RDF_XML).code == "entity-refused"


def test_entities_that_abbreviate_namespaces_are_fine() -> None:
    data = '<!DOCTYPE r [<!ENTITY e "http://e/">]>' + XML.format('<rdf:Description rdf:about="&e;a" e:p="1"/>')
    assert read(data.encode(), RdfFormat.RDF_XML)[0] == ['<http://e/a> <http://e/p> "1" .']


@pytest.mark.parametrize(
    ("syntax", "data"),
    [
        (RdfFormat.JSON_LD, b'{"http://e/p":' * 50_000 + b"1" + b"}" * 50_000),
        (RdfFormat.JSON_LD, b"[" * 50_000 + b"]" * 50_000),
        (RdfFormat.JSON_LD, b'{"http://e/p":[' * 200 + b"1" + b"]}" * 200),
        (RdfFormat.RDF_XML, XML.format("<rdf:Description><e:p>" * 50_000).encode()),
    ],
)
def test_deep_nesting_is_refused(syntax: RdfFormat, data: bytes) -> None:
    error = refusal(data, syntax)
    assert isinstance(error, LimitExceededError)
    assert error.code == "nesting-too-deep"


def test_nested_triple_terms_never_reach_the_parser() -> None:
    nested = b"<http://a> <http://p> " + b"<<( <http://a> <http://p> " * 20_000 + b'"1"' + b" )>>" * 20_000 + b" .\n"
    assert refusal(nested, RdfFormat.TURTLE).code == "triple-term"
    lines, problems = read(nested + GOOD, RdfFormat.N_TRIPLES)
    assert len(lines) == 1
    assert [(p.line, p.code) for p in problems] == [(1, "triple-term")]


def test_a_triple_term_in_turtle_costs_one_statement() -> None:
    data = b'<http://e/a> <http://e/p> <<( <http://e/a> <http://e/p> "1" )>>, "<<( no term" .'
    lines, problems = read(data, RdfFormat.TURTLE)
    assert lines == ['<http://e/a> <http://e/p> "<<( no term" .']
    assert [(p.code, p.subject) for p in problems] == [("triple-term", "<http://e/a>")]


def test_lines_and_tokens_beyond_measure_are_refused() -> None:
    long = b'<http://e/a> <http://e/p> "' + b"x" * (40 << 20) + b'" .\n'
    lines, problems = read(long + GOOD, RdfFormat.N_TRIPLES)
    assert len(lines) == 1
    assert [(p.line, p.code, p.subject) for p in problems] == [(1, "line-too-long", "<http://e/a>")]
    assert refusal(long, RdfFormat.TURTLE).code == "token-too-long"


@pytest.mark.parametrize("opening", ["<e:", '<e:p x="', "<!-- ", "<?p "])
def test_a_tag_without_end_is_refused_before_it_is_read_to_its_end(opening: str) -> None:
    source = io.BytesIO(XML.format("\n" + opening + "x" * (8 << 20)).encode())
    with pytest.raises(LimitExceededError) as raised:
        list(iter_statements(open_plain(source), RdfFormat.RDF_XML, None))
    assert (raised.value.code, raised.value.where) == ("token-too-long", "line 2")
    assert source.tell() < 2 << 20


def test_long_texts_and_many_tags_in_xml_are_fine() -> None:
    long = "x" * (3 << 20)
    data = XML.format(
        f'<rdf:Description rdf:about="http://e/a"><e:p>{long}</e:p><e:p><![CDATA[{long}y]]></e:p></rdf:Description>'
        + "\n" * (2 << 20)
        + "".join(f'<rdf:Description rdf:about="http://e/a" e:p="{i}"/>' for i in range(50_000))
    )
    assert len(read(data.encode(), RdfFormat.RDF_XML)[0]) == 50_002


def test_a_gzip_bomb_is_refused() -> None:
    error = refusal(gzip.compress((b"#" + b" " * 100_000 + b"\n") * 1000, 9), RdfFormat.N_TRIPLES)
    assert isinstance(error, LimitExceededError)
    assert error.code == "gzip-too-large"
