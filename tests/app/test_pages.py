"""The pages as readers get them: in their language, within their rights, whole without scripts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import quote, urlencode

import pytest
from flask import Flask

from catalog.canonical import content_hash, to_content
from catalog.catalogue import Catalogue
from catalog.intake import Submission
from catalog.model import Audience, Iri, Kind, Registration, Visibility
from catalog.records import change_visibility, register
from ontology.namespaces import DCAT, DCT, RDF
from tests.app.conftest import BASE, TOKENS, Ask, asking, put, record_of

QUERY = "SELECT ?d ?t WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/title> ?t }"
LANGUAGES = ["en", "zh"]
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "path", "rect", "circle"}


def path_of(catalogue: Catalogue, name: str) -> str:
    return f"/record/{record_of(catalogue, name).id}"


def paths(catalogue: Catalogue) -> list[str]:
    record = path_of(catalogue, "id/dataset/cell-footprint")
    return [
        "/",
        "/search?q=" + quote("电池碳足迹"),
        "/search?q=zzzzqqqq&theme=nothing",
        "/browse/theme",
        "/browse/publisher",
        record,
        record + "/neighbours",
        path_of(catalogue, "id/participant/river-cells"),
        path_of(catalogue, "id/scenario/battery-passport"),
        path_of(catalogue, "id/data-service/footprint-api"),
        "/term?iri=code:gbt4754/C",
        "/term?iri=code:gbt4754",
        "/sparql?" + urlencode({"query": QUERY}),
        "/sign-in",
        "/status",
        "/help",
        "/record/nothing",
        path_of(catalogue, "id/dataset/old-prices"),
    ]


class Page(HTMLParser):
    """What a reader with assistive technology would trip over, gathered while reading the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.texts: dict[int, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.unbalanced.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def read(ask: Ask):
    def read(path: str, language: str = "en", **more: object) -> str:
        headers = {"Accept": "text/html", "Accept-Language": language}
        return ask(path, headers=headers, **more).get_data(as_text=True)

    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_sound(small_space: Catalogue, ask: Ask, language: str) -> None:
    for path in paths(small_space):
        response = ask(path, headers={"Accept": "text/html", "Accept-Language": language})
        html = response.get_data(as_text=True)
        page = Page(html)
        assert response.status_code < 500, path
        assert response.headers["Content-Language"] == language, path
        assert len(html.encode()) < 150_000, path
        assert not page.unbalanced, path
        assert page.all("html")[0]["lang"] == language
        assert len(page.all("h1")) == 1, path
        assert len(page.all("main")) == 1, path
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), path


def test_nothing_is_inline_that_the_policy_forbids(small_space: Catalogue, ask: Ask) -> None:
    for path in paths(small_space):
        response = ask(path, headers={"Accept": "text/html"})
        page = Page(response.get_data(as_text=True))
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        assert not page.all("style"), path
        assert not [name for _, attrs in page.tags for name in attrs if name == "style" or name.startswith("on")], path
        scripts = [attrs for attrs in page.all("script") if attrs.get("type") != "application/ld+json"]
        assert all(attrs.get("src", "").startswith("/static/") for attrs in scripts), path


def test_every_field_has_a_label(small_space: Catalogue, ask: Ask) -> None:
    for path in paths(small_space):
        html = ask(path, headers={"Accept": "text/html"}).get_data(as_text=True)
        page = Page(html)
        labelled = {attrs.get("for") for attrs in page.all("label")}
        for kind in ("input", "select", "textarea"):
            for attrs in page.all(kind):
                wrapped = attrs.get("type") in ("hidden", "checkbox", "radio") or "data-narrow" in attrs
                assert wrapped or attrs.get("id") in labelled, (path, attrs)
        for attrs in page.all("th"):
            assert attrs.get("scope"), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_the_other_language(small_space: Catalogue, read, language: str) -> None:
    html = read("/help", language)
    body = re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")])
    chinese = len(re.findall(r"[一-鿿]", body))
    assert (chinese == 0) if language == "en" else (chinese > 200)


def test_home_counts_what_the_reader_may_see(ask: Ask) -> None:
    def count(audience: Audience) -> int:
        html = ask("/", audience=audience, headers={"Accept": "text/html"}).get_data(as_text=True)
        found = re.search(r"<strong>(\d+)</strong> Datasets", html)
        assert found
        return int(found[1])

    assert [count(audience) for audience in Audience] == [2, 3, 4]


def test_the_language_is_chosen_remembered_and_switched(site: Flask) -> None:
    client = site.test_client()
    assert 'lang="zh"' in client.get("/", headers={"Accept-Language": "zh-CN,en;q=0.5"}).get_data(as_text=True)[:60]
    response = client.get("/?lang=zh")
    assert "lang=zh" in response.headers["Set-Cookie"]
    assert '<html lang="zh"' in client.get("/help", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="en"' in client.get("/help?lang=en").get_data(as_text=True)


def test_the_look_is_remembered_and_nonsense_is_not(site: Flask) -> None:
    client = site.test_client()
    client.get("/?look=dark")
    assert 'data-look="dark"' in client.get("/help").get_data(as_text=True)
    response = client.get("/?look=%22%3E&lang=xx")
    assert "Set-Cookie" not in response.headers
    assert 'data-look="auto"' in response.get_data(as_text=True)


@pytest.mark.parametrize(("question", "language"), [("电池碳足迹", "en"), ("carbon footprint of cells", "zh")])
def test_a_question_finds_records_of_the_other_language(read, question: str, language: str) -> None:
    html = read("/search?q=" + quote(question), language)
    assert {"en": "Carbon footprint of battery cells", "zh": "电池碳足迹核算数据"}[language] in re.sub(
        "</?mark>", "", html
    )
    assert {"en": "Found because:", "zh": "命中原因："}[language] in html
    assert "<mark>" in html


def test_filters_are_chips_that_can_be_removed(read) -> None:
    html = read("/search?q=footprint&kind=dataset&theme=eu:data-look/ENVI")
    assert html.count('aria-label="Remove the filter') == 2
    assert 'href="?q=footprint&amp;theme=eu%3Adata-look%2FENVI"' in html
    assert re.search(r'name="theme" value="eu:data-look/ENVI" checked', html)
    assert "Tram delays" not in html


def test_the_switches_keep_the_search(read) -> None:
    html = read("/search?q=cells&theme=eu:data-theme/ENVI")
    assert "theme=eu%3Adata-theme%2FENVI&amp;look=dark" in html
    assert "theme=eu%3Adata-theme%2FENVI&amp;lang=zh" in html


def test_what_is_empty_says_what_to_do(read) -> None:
    assert "Remove a filter above" in read("/search?q=cells&theme=nothing")
    assert "没有符合条件的记录" in read("/search?kind=policy&theme=nothing", "zh")


@pytest.mark.parametrize(
    "query",
    [
        "sort=sideways",
        "cursor=%00%00",
        "cursor=AAAA",
        "kind=unicorn",
        "theme=" + "x" * 5000,
        "page=99999999999",
        "q=%F0%9F",
    ],
)
def test_absurd_parameters_are_answered(ask: Ask, query: str) -> None:
    response = ask("/search?" + query, headers={"Accept": "text/html"})
    assert response.status_code in (200, 400)
    assert "<h1>" in response.get_data(as_text=True)


def test_a_record_says_everything(small_space: Catalogue, read) -> None:
    html = read(path_of(small_space, "id/dataset/cell-footprint"))
    record = record_of(small_space, "id/dataset/cell-footprint")
    for text in (
        "Carbon footprint of battery cells",
        '<span lang="zh">电池碳足迹核算数据</span>',
        "River Cells",
        "https://data.river-cells.example/footprint",
        "pcf_total",
        "You may use it.",
        "120,000",
        "RC-LCA-2023-07",
        str(record.code),
        "mailto:data@river-cells.example",
        f"/record/{record.id}.ttl",
        f"/record/{record.id}.croissant.json",
    ):
        assert text in html
    zh = read(path_of(small_space, "id/dataset/cell-footprint"), "zh")
    assert "可以使用。" in zh
    assert "碳足迹总量" in zh


def test_every_download_of_a_record_works(small_space: Catalogue, ask: Ask, read) -> None:
    html = read(path_of(small_space, "id/dataset/cell-footprint"))
    links = re.findall(r'href="(/record/[^"]+)" download', html)
    assert len(links) == 6
    for link in links:
        assert ask(link).status_code == 200, link


def test_the_terms_of_a_policy_kept_elsewhere_are_told(small_space: Catalogue, read) -> None:
    html = read(path_of(small_space, "id/dataset/tram-delays"))
    assert "What may be done with it" in html
    assert re.search(r"You may [^<]+\.", html)


def test_web_search_engines_get_their_description(small_space: Catalogue, read) -> None:
    html = read(path_of(small_space, "id/dataset/cell-footprint"))
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert block
    data = json.loads(block[1])
    assert data["@type"] == "Dataset"
    assert data["name"] == "Carbon footprint of battery cells"
    assert data["distribution"][0]["contentUrl"] == "https://data.river-cells.example/footprint"


def test_participant_and_scenario(small_space: Catalogue, read) -> None:
    participant = read(path_of(small_space, "id/participant/river-cells"))
    assert "provides" in participant
    assert "Tram delays" in participant
    assert "12150100917444922E" in participant
    scenario = read(path_of(small_space, "id/scenario/battery-passport"))
    assert "4 of 5" in scenario
    assert "Faster disclosure." in scenario
    assert "All needs are met." in scenario


def test_hidden_records_appear_nowhere(small_space: Catalogue, ask: Ask) -> None:
    titles = ("Supplier audit", "供应商审核", "Planned recycling", "电池回收计划", "Old audit")
    for path in [*paths(small_space), "/search?q=audit", "/search?q=" + quote("回收"), "/suggest?q=su"]:
        html = ask(path, headers={"Accept": "text/html"}).get_data(as_text=True)
        assert not [title for title in titles if title in html], path
    hidden = path_of(small_space, "id/dataset/supplier-audits")
    for path in (hidden, hidden + "/neighbours"):
        assert ask(path, headers={"Accept": "text/html"}).status_code == 404
        assert ask(path, audience=Audience.MEMBERS, headers={"Accept": "text/html"}).status_code == 200


def test_a_withdrawn_record_leaves_a_note(small_space: Catalogue, ask: Ask) -> None:
    path = path_of(small_space, "id/dataset/old-prices")
    for where in (path, path + "/neighbours"):
        response = ask(where, headers={"Accept": "text/html"})
        assert response.status_code == 410
        assert "This record was withdrawn" in response.get_data(as_text=True)
        assert "Old price" not in response.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_neighbours_are_a_picture_and_a_table(small_space: Catalogue, read, language: str) -> None:
    html = read(path_of(small_space, "id/dataset/cell-footprint") + "/neighbours", language)
    publisher = path_of(small_space, "id/participant/river-cells")
    assert html.count(f'href="{publisher}/neighbours"') == 2  # in the picture and in the table
    assert {"en": "provided by", "zh": "提供方"}[language] in html
    assert {"en": "served by", "zh": "可由服务获取"}[language] in html


def test_a_term_says_what_it_is_and_what_uses_it(read) -> None:
    html = read("/term?iri=code:gbt4754/C")
    assert "制造业" in html
    assert "Manufacturing" in html
    assert "Carbon footprint of battery cells" in html


@pytest.mark.parametrize(
    "path", ["/term", "/term?iri=", "/term?iri=javascript:alert(1)", "/browse/nothing", "/nothing"]
)
def test_what_is_not_there_is_not_found(ask: Ask, path: str) -> None:
    response = ask(path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "What you can do" in response.get_data(as_text=True)


def test_a_query_shows_names_and_can_be_shared(small_space: Catalogue, read) -> None:
    html = read("/sparql?" + urlencode({"query": QUERY}))
    assert path_of(small_space, "id/dataset/tram-delays") in html
    assert "Tram delays" in html
    assert urlencode({"query": QUERY}) in html
    assert "text%2Fcsv" in html


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ASK { ?s ?p ?o }", "Yes"),
        ("ASK { ?s ?p <urn:nothing> }", "No"),
        ("SELECT * { ?s ?p <urn:nothing> }", "Nothing in the graph matches"),
        (f"DESCRIBE <{BASE}id/dataset/tram-delays>", "predicate"),
        ("SELECT ?a { VALUES ?a { <javascript:alert(1)> '<b>' 1.50 } }", "&lt;b&gt;"),
    ],
)
def test_every_form_of_query_has_an_answer(read, query: str, text: str) -> None:
    html = read("/sparql?" + urlencode({"query": query}))
    assert text in html
    assert 'href="javascript:' not in html


def test_a_query_that_does_not_parse_says_so(ask: Ask) -> None:
    response = ask("/sparql?" + urlencode({"query": "SELECT * WHERE { ?s"}), headers={"Accept": "text/html"})
    html = response.get_data(as_text=True)
    assert response.status_code == 400
    assert "The query was not answered" in html
    assert "SELECT * WHERE { ?s" in html  # what was typed is not lost


def test_the_examples_run(read) -> None:
    html = read("/sparql")
    links = re.findall(r'<li><a href="(/sparql\?query=[^"]+)"', html)
    assert len(links) >= 6
    for link in links:
        assert "The query was not answered" not in read(link.replace("&amp;", "&"))


def test_suggestions_come_from_titles(ask: Ask) -> None:
    assert "Tram delays" in ask("/suggest?q=tra").get_json()
    assert ask("/suggest?q=%20").get_json() == []


def test_the_editor_knows_the_names_that_records_use(ask: Ask) -> None:
    names = dict(ask("/names.json?lang=zh").get_json())
    assert names["dcat:Dataset"] == "数据集"
    assert "sc:dataItem" in names


def test_signing_in_and_out(site: Flask) -> None:
    client = site.test_client()
    assert client.get("/import").status_code == 303
    wrong = client.post("/sign-in", data={"token": "wrong"})
    assert wrong.status_code == 403
    assert "not known" in wrong.get_data(as_text=True)
    right = client.post("/sign-in", data={"token": TOKENS[Audience.OPERATORS], "then": "/import"})
    assert (right.status_code, right.headers["Location"]) == (303, "/import")
    assert "SameSite=Strict" in right.headers["Set-Cookie"]
    assert "HttpOnly" in right.headers["Set-Cookie"]
    assert client.get("/import").status_code == 200
    client.post("/sign-out")
    assert client.get("/import").status_code == 303


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(site: Flask, then: str) -> None:
    response = site.test_client().post("/sign-in", data={"token": TOKENS[Audience.MEMBERS], "then": then})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/import", "/import/1/stop"])
def test_forms_of_other_sites_are_refused(site: Flask, path: str) -> None:
    response = site.test_client().post(path, headers={"Origin": "https://evil.example"}, data={"token": "x"})
    assert response.status_code == 403


def test_members_may_not_import(site: Flask) -> None:
    client = site.test_client()
    client.post("/sign-in", data={"token": TOKENS[Audience.MEMBERS]})
    assert client.get("/import").status_code == 403
    assert client.post("/import", data={"file": (BytesIO(b""), "a.ttl")}).status_code == 403


def test_what_many_records_describe_in_passing_is_named_in_both_languages(
    fresh_space: Catalogue, fresh_site: Flask
) -> None:
    licence = f"<{BASE}id/policy/terms#licence>"
    named = [
        f'{licence} <{DCT}title> "{title}"@{tag} .\n' for title, tag in (("Shared licence", "en"), ("共用许可", "zh"))
    ]
    submissions = []
    for number in range(40):
        iri = Iri(f"{BASE}id/dataset/{number}")
        about = [f"<{iri}> <{RDF}type> <{DCAT}Dataset> .\n", f"<{iri}> <{DCT}license> {licence} .\n"]
        content = to_content([*about, *named])
        submissions.append(Submission(iri, Kind.DATASET, content, content_hash(content)))
    register(fresh_space, submissions, Registration("operator", "urn:x", Visibility.PUBLIC, "operator"))
    ask = asking(fresh_site)
    for language, name in (("en", "Shared licence"), ("zh", "共用许可")):
        assert name in ask(f"/browse/licence?lang={language}").text


def test_history_leaves_out_what_its_reader_could_not_see(fresh_space: Catalogue, fresh_site: Flask) -> None:
    record = put(fresh_space, "id/dataset/late", Visibility.DRAFT)
    change_visibility(fresh_space, record.graph, Visibility.PUBLIC, "operator")
    ask = asking(fresh_site)
    public, operators = (
        ask(f"/record/{record.id}", audience=audience).text for audience in (Audience.PUBLIC, Audience.OPERATORS)
    )
    assert "<strong>registered</strong>" in operators
    assert "<strong>registered</strong>" not in public
    assert "<strong>visibility changed</strong>" in public


def test_signing_in_keeps_the_language_and_the_way_back(ask: Ask) -> None:
    answer = ask("/import?lang=zh")
    assert (answer.status_code, "lang=zh" in answer.location) == (303, True)
    assert 'lang="zh"' in ask(answer.location).text
    assert "then=/search?q%3Dbattery" in ask("/search?q=battery").text
