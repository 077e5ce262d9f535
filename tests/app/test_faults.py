"""Bad input, line by line: each gets a clear refusal or an outcome of its own, and the next request its answer at once.

Documents come in by one import of a folder that is full of them, so that each also shows that it spoils no other.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.compose import open_catalogue
from app.web import create_app
from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.intake import Outcome
from catalog.model import Audience, Registration, Visibility
from catalog.safety import MAX_LINE_BYTES
from tests.app.conftest import BASE, Ask, asking, settings_for

LIMIT_S = 3.0
"""Seconds that a query may take here."""

PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix sc: <https://w3id.org/spacecat/ns#> .
"""
RDF_XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="urn:d#" '
    'xmlns:dcat="http://www.w3.org/ns/dcat#">'
)
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>'&\\\"</title>"
FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
DATASET = "http://www.w3.org/ns/dcat#Dataset"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
TITLE = "http://purl.org/dc/terms/title"


def dataset(name: str, more: str = "") -> str:
    return f'<{BASE}id/dataset/{name}> a dcat:Dataset ; dct:title "A {name}"@en {more} .\n'


def clique(size: int) -> str:
    nodes = [f"_:n{number}" for number in range(size)]
    links = "".join(f"{a} dct:relation {b} .\n" for a in nodes for b in nodes if a != b)
    return dataset("clique", f"; dct:relation {', '.join(nodes)}") + links


def deep_json(depth: int) -> str:
    return '{"@context": {"p": "urn:p"}, "@id": "urn:x", "p": ' + '{"p": ' * depth + "1" + "}" * depth + "}"


def entities() -> str:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    about = "<rdf:Description rdf:about='urn:x'><d:p>&e11;</d:p></rdf:Description>"
    return f"<!DOCTYPE x [{steps}]>{RDF_XML}{about}</rdf:RDF>"


DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    # Malformed RDF of each syntax
    "turtle.ttl": (PREFIXES + "<urn:x> dct:title [ .\n", "syntax-error"),
    "trig.trig": ("<urn:g> { <urn:a> <urn:b> }} .", "syntax-error"),
    "ntriples.nt": (f'<{BASE}id/dataset/x> <{TITLE}> "open .\n', "syntax-error"),
    "nquads.nq": ("<urn:a> <urn:b> <urn:c> <urn:g> <urn:h> .\n", "syntax-error"),
    "jsonld.jsonld": ('{"@id": }', "syntax-error"),
    "rdfxml.rdf": (RDF_XML + "<a></rdf:RDF>", "syntax-error"),
    "empty.ttl": ("", "no-record-found"),
    # Wrong encodings
    "latin1.ttl": ((PREFIXES + '<urn:x> dct:title "café" .').encode("latin-1"), "encoding-not-utf8"),
    "gbk.ttl": ((PREFIXES + '<urn:x> dct:title "电池碳足迹" .').encode("gbk"), "encoding-not-utf8"),
    "utf16.ttl": (PREFIXES.encode("utf-16"), "encoding-not-utf8"),
    "surrogate.ttl": (PREFIXES + '<urn:x> dct:title "\\uD800" .', "syntax-error"),
    # Entity bombs
    "bomb.rdf": (entities(), "entity-refused"),
    "outside.rdf": (f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{RDF_XML}</rdf:RDF>', "entity-refused"),
    # Nesting
    "terms.ttl": ("<urn:a> <urn:b> " + "<<( <urn:a> <urn:b> " * 3000 + "1" + " )>>" * 3000 + " .", "triple-term"),
    "terms.nt": ("<urn:a> <urn:b> " + "<<( <urn:a> <urn:b> " * 3000 + '"1"' + " )>>" * 3000 + " .", "triple-term"),
    "deep.jsonld": (deep_json(50_000), "nesting-too-deep"),
    "deep.json": ('{"dataset": ' + "[" * 50_000 + "]" * 50_000 + "}", "nesting-too-deep"),
    "deep.rdf": (RDF_XML + "<d:C><d:p>" * 50_000 + "</d:p></d:C>" * 50_000 + "</rdf:RDF>", "nesting-too-deep"),
    # Canonicalisation that never ends
    "clique.ttl": (PREFIXES + clique(60), "blank-nodes-alike"),
    # Remote JSON-LD contexts
    "remote.jsonld": ('{"@context": "http://169.254.169.254/c", "@id": "urn:x", "urn:p": 1}', "context-refused"),
    "import.jsonld": ('{"@context": {"@import": "http://127.0.0.1/c"}, "@id": "urn:x"}', "context-refused"),
    # Lines without end
    "line.nt": (f'<urn:a> <urn:b> "{"x" * (MAX_LINE_BYTES + (1 << 20))}" .\n', "line-too-long"),
    # IRIs with spaces and scripts
    "space.nt": (f"<{BASE}id/dataset/a b> <{TYPE}> <{DATASET}> .\n", "syntax-error"),
    "space.jsonld": (f'{{"@id": "http://x.example/a b", "@type": "{DATASET}"}}', "iri-invalid"),
    "script.ttl": (PREFIXES + '<javascript:alert(1)> a dcat:Dataset ; dct:title "A" .', "record-blocked"),
    "link.ttl": (PREFIXES + dataset("link", "; dcat:landingPage <javascript:alert(1)>"), "record-blocked"),
    # Unknown kinds
    "kind.ttl": (PREFIXES + '<urn:x> a <urn:Unheard> ; dct:title "A" .', "no-record-found"),
    # Foreign documents that are not what they seem
    "data.json": (
        '{"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", "dataset": [1]}',
        "foreign-record-unusable",
    ),
}
"""What is sent, and the code of the outcome that it must have."""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    settings = replace(
        settings_for(tmp_path_factory.mktemp("faults")), query_time_s=LIMIT_S, query_memory_mb=512, import_time_s=10.0
    )
    with open_catalogue(settings) as catalogue:
        yield catalogue


@pytest.fixture(scope="module")
def outcomes(space: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """Import all documents in one go, each beside a good one that comes after it."""
    folder = tmp_path_factory.mktemp("documents")
    for number, (name, (text, _)) in enumerate(DOCUMENTS.items()):
        where = folder / f"{number:02}"
        where.mkdir()
        (where / name).write_bytes(text.encode() if isinstance(text, str) else text)
        (where / "zz.ttl").write_text(PREFIXES + dataset(f"good-{number:02}"), encoding="utf-8")
    said = "".join(
        f' ; {prop} "{MARKUP}"' for prop in ("dct:title", "dct:description", "dcat:keyword", "dct:identifier")
    )
    (folder / "markup.ttl").write_text(f"{PREFIXES}<{BASE}id/dataset/markup> a dcat:Dataset{said} .", encoding="utf-8")
    return imported(space, folder)


def imported(space: Catalogue, folder: Path) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    with Importer(space, "mappings.formats") as importer:
        registration = Registration("operator", "urn:spacecat:source:faults", Visibility.PUBLIC, "harvest")
        for outcome in importer.import_documents(find_documents(folder), registration):
            name = next(part for part in outcome.where.split(":")[0].split("/")[::-1] if part)
            found.setdefault(name if name != "zz.ttl" else outcome.iri or "", []).append(outcome)
    return found


@pytest.fixture(scope="module")
def faulty_site(space: Catalogue, outcomes: dict[str, list[Outcome]]) -> Flask:
    assert outcomes
    return create_app(space)


@pytest.fixture
def attack(faulty_site: Flask) -> Iterator[Ask]:
    """Ask, and see afterwards that the service answers the next request at once."""
    ask = asking(faulty_site)
    yield ask
    started = time.monotonic()
    assert ask("/").status_code == 200
    assert ask("/sparql", query_string={"query": "ASK { ?s ?p ?o }"}).json == {"head": {}, "boolean": True}
    assert time.monotonic() - started < LIMIT_S


# Documents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bad_document_has_an_outcome_and_spoils_no_other(outcomes: dict[str, list[Outcome]], name: str) -> None:
    assert DOCUMENTS[name][1] in {outcome.code for outcome in outcomes[name]}
    good = outcomes[f"{BASE}id/dataset/good-{list(DOCUMENTS).index(name):02}"]
    assert [outcome.status for outcome in good] == ["created"]


@pytest.mark.parametrize("name", ["turtle.ttl", "gbk.ttl", "bomb.rdf", "deep.jsonld", "terms.nt", "script.ttl"])
def test_a_bad_document_by_http_is_answered_in_full(attack: Ask, name: str) -> None:
    text, code = DOCUMENTS[name]
    answer = attack(
        "/api/v1/validate",
        method="POST",
        query_string={"name": name, "policy": "harvest"},
        data=text.encode() if isinstance(text, str) else text,
    )
    assert answer.status_code == 200
    assert code in {record["code"] for record in json.loads(answer.data)["records"]}


def test_what_is_no_document_is_told_so(attack: Ask) -> None:
    answer = attack("/api/v1/validate", method="POST", query_string={"name": "x"}, data=bytes(range(128, 256)) * 50)
    assert [record["code"] for record in json.loads(answer.data)["records"]] == ["syntax-unknown"]


def test_wrong_check_characters_are_named(attack: Ask) -> None:
    wrong = "791350100M000100Y433501X5UK4O7K0"
    for path in (f"/code/{wrong}", f"/api/v1/identifiers/{wrong}"):
        assert refused(attack(path)) == (422, "object-code-check")


# Markup in every literal

PAGES = [
    "/search?q=alert&lang={language}",
    "/search?theme={markup}&lang={language}",
    "/record/{id}?lang={language}",
    "/record/{id}/neighbours?lang={language}",
    "/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D&lang={language}",
    "/sparql?query={markup}&lang={language}",
    "/term?iri={markup}&lang={language}",
    "/browse/{markup}",
    "/no/{markup}",
]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_markup_is_shown_and_not_obeyed(attack: Ask, space: Catalogue, page: str, language: str) -> None:
    record = space.ledger.find_by_iri(f"{BASE}id/dataset/markup")
    assert record is not None
    path = page.format(id=record.id, language=language, markup=quote(MARKUP, safe=""))
    answer = attack(path, headers={"Accept": "text/html"})
    assert answer.status_code in (200, 400, 404)
    assert answer.mimetype == "text/html"
    assert "alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


# Paging, facets, addresses

ABSURD = [
    ("/api/v1/search?size=-1", 400, "parameter-invalid"),
    ("/api/v1/search?size=1000000000", 400, "parameter-invalid"),
    ("/api/v1/search?size=nan", 400, "parameter-invalid"),
    ("/api/v1/search?facet_size=1e9", 400, "parameter-invalid"),
    ("/api/v1/search?kind=nothing", 400, "parameter-invalid"),
    ("/api/v1/search?cursor=%00%ff", 400, "cursor-invalid"),
    ("/api/v1/records?cursor=bnVsbA", 400, "cursor-invalid"),
    ("/api/v1/records?cursor=" + "W" * 3000, 400, "cursor-invalid"),
    ("/api/v1/search?" + "&".join(f"theme=x{number}" for number in range(10_000)), 400, "parameter-repeated"),
    ("/api/v1/search?q=" + "x" * 100_000, 400, "parameter-invalid"),
    ("/api/v1/records/%00%ff", 404, "record-unknown"),
    ("/api/v1/records?kind=nothing", 400, "parameter-invalid"),
    ("/search?cursor=rubbish", 400, "cursor-invalid"),
    ("/search?sort=rubbish", 400, "parameter-invalid"),
    ("/record/..%2f..%2fetc%2fpasswd", 404, None),
    ("/static/..%2f..%2fweb.py", 404, "page-unknown"),
    ("/codes/..%2f..%2fspacecat", 404, None),
    ("/id/%00", 404, None),
    ("/sparql?query=%ff", 400, "not-utf-8"),
    ("/sparql?query=ASK%7B%7D&default-graph-uri=no%20iri", 400, "graph-iri-invalid"),
    ("/graphs?graph=%00", 400, "graph-iri-invalid"),
    ("/graphs", 400, "graph-or-default"),
]


@pytest.mark.parametrize(("path", "status", "code"), ABSURD, ids=[path[:40] for path, _, _ in ABSURD])
def test_absurd_values_are_refused(attack: Ask, path: str, status: int, code: str | None) -> None:
    found = refused(attack(path))
    assert found == (status, code or found[1])


@pytest.mark.parametrize(
    "path",
    [
        "/search?page=-1",
        "/search?page=%D9%A3&size=-1",
        "/search?q=%00%ff",
        "/suggest?q=%5B(%22",
        "/sign-in?then=http://[",
    ],
)
def test_what_pages_can_do_without_they_do_without(attack: Ask, path: str) -> None:
    assert attack(path).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Accept": "x" * 100_000},
        {"Accept": "text/html;q=nan, ;;,=,*/*;q=1e999"},
        {"Accept-Language": "zh;q=nan, " + "x" * 10_000},
        {"Cookie": "spacecat=forged; lang=%00; look=<script>"},
        {"If-None-Match": 'W/"'},
        {"If-Modified-Since": "never"},
        {"Range": "bytes=-99999999999999999999"},
        {"X-Forwarded-Host": "evil.example"},
        {"Authorization": "Basic \xff"},
    ],
)
def test_odd_headers_do_no_harm(attack: Ask, headers: dict[str, str]) -> None:
    for path in ("/", "/api/v1/records", "/sparql", "/search?q=good"):
        assert attack(path, headers=headers).status_code in (200, 406)


def test_every_method_has_an_answer_everywhere(attack: Ask, faulty_site: Flask) -> None:
    paths = {
        str(rule).replace("<", "").replace(">", "").replace("path:", "") for rule in faulty_site.url_map.iter_rules()
    }
    for path in sorted(paths):
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "BREW"):
            assert attack(path, method=method).status_code < 500, (method, path)


# Rights

FORBIDDEN: list[tuple[str, str, dict[str, object], int]] = [
    ("GET", "/sparql?update=DROP%20ALL", {}, 400),
    ("GET", "/sparql?query=DROP%20ALL", {}, 400),
    ("POST", "/sparql", {"data": {"update": "DROP ALL"}}, 401),
    ("POST", "/sparql", {"data": "DROP ALL", "content_type": "application/sparql-update"}, 401),
    ("PUT", "/graphs?default", {"data": b"", "content_type": "text/turtle"}, 401),
    ("DELETE", "/graphs?default", {}, 401),
    ("POST", "/api/v1/imports", {"data": b""}, 401),
    ("DELETE", "/api/v1/records/x", {}, 401),
    ("PATCH", "/api/v1/records/x", {"json": {"visibility": "public"}}, 401),
    ("POST", "/import", {}, 401),
]


@pytest.mark.parametrize(("method", "path", "more", "status"), FORBIDDEN)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic Og=="},
        {"Cookie": "spacecat=eyJ0b2tlbiI6IngifQ.a.b"},
        {"X-HTTP-Method-Override": "GET"},
    ],
)
def test_strangers_change_nothing(
    attack: Ask, method: str, path: str, more: dict[str, object], status: int, headers: dict[str, str]
) -> None:
    assert attack(path, method=method, headers=headers, **more).status_code == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost", "http://localhost.evil.example"]
)
def test_forms_of_other_sites_are_refused(attack: Ask, origin: str) -> None:
    for path, data in (("/sign-in", {"token": "x"}), ("/sparql", {"update": "DROP ALL"}), ("/import", {})):
        answer = attack(path, method="POST", data=data, headers={"Origin": origin}, audience=Audience.OPERATORS)
        assert refused(answer) == (403, "origin-foreign")


# Queries

WIDE = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
DOUBLING = " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(40))
HOSTILE: dict[str, tuple[str, int, set[str]]] = {
    "cross product": (f"SELECT (COUNT(*) AS ?n) {{ {WIDE} }}", 503, {"time-limit"}),
    "sorted cross product": (f"SELECT * {{ {WIDE} }} ORDER BY RAND()", 503, {"time-limit", "memory-limit"}),
    "unbounded paths": ("SELECT * { ?a ((!<urn:x>|^!<urn:x>)*/(!<urn:x>|^!<urn:x>)*)* ?b }", 503, {"time-limit"}),
    "huge VALUES": (
        f"SELECT (SUM(?x * ?y) AS ?n) {{ VALUES ?x {{{' 1' * 50_000}}} VALUES ?y {{{' 2' * 50_000}}} }}",
        503,
        {"time-limit"},
    ),
    "5,000 parentheses": (f"SELECT * {{ FILTER({'(' * 5000}1{')' * 5000}) }}", 503, {"depth-limit"}),
    "5,000 groups": ("SELECT * " + "{" * 5000 + "}" * 5000, 503, {"depth-limit"}),
    "50,000 negations": (f"SELECT * {{ FILTER({'!' * 50_000}1) }}", 503, {"depth-limit"}),
    "string doubling": (
        f'SELECT (STRLEN(?s40) AS ?n) {{ BIND("{"a" * 32}" AS ?s0) {DOUBLING} }}',
        503,
        {"memory-limit", "time-limit"},
    ),
    "SERVICE to loopback": ("SELECT * { SERVICE <http://127.0.0.1/> { ?a ?b ?c } }", 403, {"remote-refused"}),
    "SERVICE, silent and prefixed": (
        "PREFIX m: <http://169.254.169.254/> SELECT * { SERVICE SILENT m:x { ?a ?b ?c } }",
        403,
        {"remote-refused"},
    ),
    "SERVICE by a variable": (
        "SELECT * { VALUES ?s { <http://127.0.0.1/> } SERVICE ?s { ?a ?b ?c } }",
        403,
        {"remote-refused"},
    ),
    "SERVICE in a subquery": (
        'SELECT * { BIND("SERVICE" AS ?q) { SELECT * { SERVICE<http://[::1]/>{ ?a ?b ?c } } } }',
        403,
        {"remote-refused"},
    ),
    "no query": ("rubbish", 400, {"query-syntax"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_ends_in_time_with_its_reason(attack: Ask, name: str) -> None:
    query, status, codes = HOSTILE[name]
    started = time.monotonic()
    answer = attack("/sparql", method="POST", data=query, content_type="application/sparql-query")
    found = refused(answer)
    assert found[0] == status
    assert found[1] in codes
    assert time.monotonic() - started < LIMIT_S + 2.0


@pytest.mark.parametrize("update", ["LOAD <http://127.0.0.1/>", "LOAD SILENT <file:///etc/passwd> INTO GRAPH <urn:g>"])
def test_loading_from_elsewhere_is_refused(attack: Ask, update: str) -> None:
    answer = attack("/sparql", method="POST", data={"update": update}, audience=Audience.OPERATORS)
    assert refused(answer) == (403, "remote-refused")


def test_ordinary_requests_go_on_beside_hostile_ones(attack: Ask) -> None:
    hostile = [
        threading.Thread(
            target=attack, args=("/sparql",), kwargs={"query_string": {"query": HOSTILE["cross product"][0]}}
        )
        for _ in range(4)
    ]
    for thread in hostile:
        thread.start()
    for path in ("/", "/search?q=good", "/api/v1/records", "/sparql?query=ASK%20%7B%7D"):
        assert attack(path).status_code == 200
    for thread in hostile:
        thread.join()


# Those who wait


def test_bodies_that_never_come_leave_others_their_threads(faulty_site: Flask) -> None:
    arrived, going = threading.Semaphore(0), threading.Event()

    class Silent:
        """A body of which nothing comes until the sender gives up."""

        def read(self, size: int = -1) -> bytes:
            arrived.release()
            going.wait(30)
            return b""

    def send(answers: list[int]) -> None:
        answer = faulty_site.test_client().open(
            "/sparql",
            method="POST",
            environ_overrides={"CONTENT_LENGTH": "1000", "wsgi.input": Silent()},
            content_type="application/sparql-query",
        )
        answers.append(answer.status_code)

    statuses: list[int] = []
    waiting = [threading.Thread(target=send, args=(statuses,)) for _ in range(16)]
    for thread in waiting:
        thread.start()
    for _ in range(8):
        assert arrived.acquire(timeout=10)
    ask = asking(faulty_site)
    assert ask("/").status_code == 200
    assert refused(ask("/sparql", method="POST", data=b"ASK {}", content_type="application/sparql-query")) == (
        503,
        "bodies-busy",
    )
    going.set()
    for thread in waiting:
        thread.join()
    assert statuses.count(503) == 8
    assert ask("/sparql", method="POST", data=b"ASK {}", content_type="application/sparql-query").status_code == 200


@pytest.mark.parametrize(
    ("path", "media_type"), [("/sign-in", FORM), ("/sparql", FORM), ("/sparql", QUERY), ("/nope", FORM)]
)
@pytest.mark.parametrize("told", [True, False])
def test_forms_and_queries_are_not_read_without_end(attack: Ask, path: str, media_type: str, told: bool) -> None:
    body = BytesIO(b"token=" + b"x" * 12_000_000)
    length = (
        {"CONTENT_LENGTH": "12000006"}
        if told
        else {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    )
    overrides = {"wsgi.input": body, **length}
    answer = attack(path, method="POST", content_type=media_type, environ_overrides=overrides)
    assert answer.status_code in (413, 404)
    assert body.tell() <= 11_000_000


def refused(answer: TestResponse) -> tuple[int, str]:
    """Return status and code of a problem, in either of the forms in which it comes."""
    body = answer.json if answer.is_json else {}
    return answer.status_code, str((body or {}).get("code", ""))
