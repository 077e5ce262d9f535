"""The API as programs use it: what each audience gets, what is refused, and that pages continue one another."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import parse

from app.api import OPERATIONS, PREFIX
from app.api.cursors import read_cursor, write_cursor
from app.formats import FORMATS
from catalog.catalogue import Catalogue
from catalog.errors import ParameterError
from catalog.model import Audience
from catalog.ports import FACETS
from tests.app.api_checking import Api
from tests.app.conftest import BASE, DRAFTS, MEMBERS, PUBLIC, VISIBLE, WITHDRAWN, Ask, record_of

AUDIENCES = list(Audience)
ALL_CURRENT = PUBLIC + MEMBERS + DRAFTS
PER_RECORD = ("", "/neighbours", "/similar", "/content")
shared = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def api(site: Flask) -> Api:
    return Api(site)


def found(page: dict[str, list[dict[str, str]]]) -> set[str]:
    return {hit["iri"].removeprefix(BASE) for hit in page["hits"]}


def test_the_index_leads_to_everything(api: Api) -> None:
    for link in api("/")["links"].values():
        path = link.removeprefix("http://localhost" + PREFIX)
        assert any(operation.path == path for operation in OPERATIONS)


def test_an_unknown_address_is_a_problem_document(site: Flask) -> None:
    response = site.test_client().get("/api/v1/nothing")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_a_method_that_is_not_allowed_says_which_are(site: Flask) -> None:
    response = site.test_client().post("/api/v1/search")
    assert response.status_code == 405
    assert "GET" in response.get_json()["detail"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_search_finds_what_the_audience_may_see(api: Api, audience: Audience) -> None:
    assert found(api("/search?size=100", audience=audience)) == set(VISIBLE[audience])


def test_a_chinese_query_finds_with_reason_and_marks(api: Api) -> None:
    page = api("/search?" + urlencode({"q": "电池碳足迹"}))
    first = page["hits"][0]
    assert first["iri"] == BASE + "id/dataset/cell-footprint"
    assert first["reasons"]
    assert any(piece["match"] for fragment in first["fragments"] for piece in fragment["pieces"])


def test_hits_say_nothing_of_hidden_records(api: Api) -> None:
    assert BASE + DRAFTS[0] not in str(api("/search?" + urlencode({"q": "电池回收计划"})))


@pytest.mark.parametrize(("language", "label"), [("en", "Environment"), ("zh", "环境")])
def test_facets_are_labelled_in_the_language_asked_for(api: Api, language: str, label: str) -> None:
    page = api(f"/search?lang={language}")
    assert list(page["facets"]) == list(FACETS)
    assert page["facets"]["theme"][0]["label"] == label


def test_facets_can_be_chosen_or_left_out(api: Api) -> None:
    assert list(api("/search?facets=kind&facets=theme")["facets"]) == ["kind", "theme"]
    assert api("/search?counts=0")["facets"] == {}


def test_values_of_one_facet_widen_and_facets_narrow(api: Api) -> None:
    one = api("/search?kind=dataset")["total"]
    two = api("/search?kind=dataset&kind=scenario")["total"]
    assert two == one + 1
    narrowed = api("/search?kind=dataset&" + urlencode({"frequency": _FREQUENCY + "MONTHLY"}))
    assert found(narrowed) == {"id/dataset/cell-footprint"}


_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"


@pytest.mark.parametrize("sort", ["relevance", "modified", "title"])
def test_pages_of_hits_continue_without_gap_or_repeat(api: Api, sort: str) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api(f"/search?size=2&sort={sort}" + (f"&cursor={quote(cursor)}" if cursor else ""))
        seen += [hit["iri"] for hit in page["hits"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == len(PUBLIC)


@pytest.mark.parametrize(
    "query",
    [
        "size=0",
        "size=101",
        "size=-1",
        "size=1e3",
        "size=" + "9" * 400,
        "size=２",
        "size=1&size=2",
        "sort=best",
        "mode=magic",
        "facets=colour",
        "facet_size=0",
        "kind=unicorn",
        "kind=graph",
        "cursor=nonsense",
        "cursor=" + "A" * 5000,
        "lang=fr",
        "counts=perhaps",
        "q=" + "x" * 1001,
        "theme=" + "x" * 501,
        "&".join(f"theme={n}" for n in range(101)),
    ],
)
def test_absurd_values_are_refused_with_the_parameter_named(api: Api, query: str) -> None:
    problem = api.problem("/search?" + query)
    assert problem["status"] == 400
    assert problem["where"] == query.partition("=")[0]


@pytest.mark.parametrize("path", ["/search", "/records", "/status", "/suggest", "/codes", "/export"])
def test_an_unknown_parameter_is_refused_and_the_known_are_named(api: Api, path: str) -> None:
    problem = api.problem(path + "?pagesize=3")
    assert (problem["status"], problem["code"], problem["where"]) == (400, "parameter-unknown", "pagesize")
    assert "lang" in problem["detail"]


def test_errors_come_in_the_language_asked_for(api: Api) -> None:
    assert "参数" in api.problem("/search?pagesize=3&lang=zh")["detail"]
    assert "参数" in api.problem("/search?pagesize=3", headers={"Accept-Language": "zh-CN"})["detail"]


@shared
@given(q=st.text(max_size=200), size=st.integers(), cursor=st.text(max_size=40), extra=st.text(max_size=8))
def test_no_parameters_make_the_search_fail(api: Api, q: str, size: int, cursor: str, extra: str) -> None:
    parameters = {"q": q, "size": size, "counts": 0} | ({"cursor": cursor} if cursor else {})
    if extra:
        parameters[extra] = "1"
    assert api.answer("/search?" + urlencode(parameters, errors="replace")).status_code in (200, 400)


@shared
@given(data=st.text(), after=st.text(), other=st.text(min_size=1))
def test_a_cursor_continues_its_own_request_only(data: str, after: str, other: str) -> None:
    cursor = write_cursor(after, {"q": data})
    assert read_cursor(cursor, {"q": data}) == after
    with pytest.raises(ParameterError):
        read_cursor(cursor, {"q": data + other})


@shared
@given(st.text())
def test_any_text_as_a_cursor_is_refused_politely(text: str) -> None:
    with pytest.raises(ParameterError):
        read_cursor(text, {})


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_list_holds_what_the_audience_may_see_page_by_page(api: Api, audience: Audience) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api("/records?size=3" + (f"&cursor={cursor}" if cursor else ""), audience=audience)
        seen += [record["iri"].removeprefix(BASE) for record in page["records"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(VISIBLE[audience])


def test_the_list_can_be_narrowed(api: Api) -> None:
    kinds = {record["kind"] for record in api("/records?kind=dataset")["records"]}
    assert kinds == {"dataset"}
    gone = api("/records?state=withdrawn", audience=Audience.MEMBERS)["records"]
    assert sorted(record["iri"].removeprefix(BASE) for record in gone) == sorted(WITHDRAWN)
    assert not api("/records?visibility=draft")["records"]
    assert not api("/records?source=urn:other")["records"]


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    cursor = api("/records?size=1")["next"]
    assert api.problem(f"/records?size=1&kind=dataset&cursor={cursor}")["code"] == "cursor-invalid"


def test_a_record_is_found_by_its_iri(api: Api) -> None:
    named = api("/records?" + urlencode({"iri": BASE + PUBLIC[0]}))["records"]
    assert [record["label"] for record in named] == ["River Cells"]
    assert not api("/records?" + urlencode({"iri": BASE + DRAFTS[0]}))["records"]
    assert api("/records?" + urlencode({"iri": BASE + WITHDRAWN[0]}))["records"][0]["withdrawn"]


@pytest.mark.parametrize("part", PER_RECORD)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_records_answer_by_audience(api: Api, small_space: Catalogue, audience: Audience, part: str) -> None:
    for name in ALL_CURRENT:
        response = api.answer(f"/records/{record_of(small_space, name).id}{part}", audience=audience)
        assert response.status_code == (200 if name in VISIBLE[audience] else 404)


@pytest.mark.parametrize("part", PER_RECORD)
def test_hidden_and_unknown_records_look_the_same(api: Api, small_space: Catalogue, part: str) -> None:
    hidden = record_of(small_space, DRAFTS[0]).id
    unknown = "a" * 16
    answers = [api.problem(f"/records/{record_id}{part}") for record_id in (hidden, unknown)]
    texts = [str(answer).replace(hidden, "ID").replace(unknown, "ID") for answer in answers]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("part", PER_RECORD)
def test_withdrawn_records_are_gone_for_those_who_could_see_them(api: Api, small_space: Catalogue, part: str) -> None:
    public, members = (record_of(small_space, name).id for name in WITHDRAWN)
    assert api.problem(f"/records/{public}{part}")["status"] == 410
    assert api.problem(f"/records/{members}{part}")["status"] == 404
    assert api.problem(f"/records/{members}{part}", audience=Audience.MEMBERS)["status"] == 410


def test_a_record_tells_its_history_aliases_and_links(api: Api, small_space: Catalogue) -> None:
    record = api(f"/records/{record_of(small_space, 'id/dataset/cell-footprint').id}")
    assert record["aliases"] == ["RC-LCA-2023-07"]
    assert [event["action"] for event in record["history"]] == ["created"]
    assert record["title"]["zh"] == "电池碳足迹核算数据"
    assert len(record["code"]) == 32
    assert record["links"]["content"].endswith("/content")


def test_content_keeps_literals_as_submitted(api: Api, small_space: Catalogue) -> None:
    record_id = record_of(small_space, "id/dataset/cell-footprint").id
    for form in ("turtle", "jsonld", "rdfxml", "ntriples", "trig", "nquads"):
        response = api.answer(f"/records/{record_id}/content?format={form}")
        assert "0120000" in response.get_data(as_text=True), form


def test_content_names_the_formats_when_it_does_not_know_one(api: Api, small_space: Catalogue) -> None:
    record_id = record_of(small_space, "id/dataset/cell-footprint").id
    assert "croissant" in api.problem(f"/records/{record_id}/content?format=docx")["detail"]


def test_content_of_what_a_foreign_format_cannot_say_is_refused(api: Api, small_space: Catalogue) -> None:
    record_id = record_of(small_space, "id/scenario/battery-passport").id
    assert api.problem(f"/records/{record_id}/content?format=ckan")["code"] == "format-unsuitable"


def test_content_is_not_sent_again_when_it_is_known(ask: Ask, small_space: Catalogue) -> None:
    path = f"{PREFIX}/records/{record_of(small_space, PUBLIC[0]).id}/content"
    again = ask(path, headers={"If-None-Match": ask(path).headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_neighbours_lead_both_ways_with_names(api: Api, small_space: Catalogue) -> None:
    answer = api(f"/records/{record_of(small_space, 'id/dataset/cell-footprint').id}/neighbours")
    linked = {(n["outgoing"], n["label"]) for n in answer["neighbours"]}
    assert (True, "River Cells") in linked
    assert (False, "Footprint look-up service") in linked


def test_neighbours_do_not_show_hidden_records(api: Api, small_space: Catalogue) -> None:
    path = f"/records/{record_of(small_space, PUBLIC[0]).id}/neighbours"
    assert BASE + DRAFTS[0] not in str(api(path))
    assert BASE + DRAFTS[0] in str(api(path, audience=Audience.OPERATORS))


def test_similar_records_are_those_the_audience_may_see(api: Api, small_space: Catalogue) -> None:
    path = f"/records/{record_of(small_space, 'id/dataset/cell-footprint').id}/similar?size=20"
    assert found(api(path))
    assert not found(api(path)) & {*MEMBERS, *DRAFTS}
    assert set(DRAFTS) <= found(api(path, audience=Audience.OPERATORS))


def test_suggestions_come_from_what_the_audience_may_see(api: Api) -> None:
    assert "Tram delays" in api("/suggest?q=tram")["suggestions"]
    assert not api("/suggest?q=planned")["suggestions"]
    assert api("/suggest?q=planned", audience=Audience.OPERATORS)["suggestions"]


def test_identifiers_lead_to_records(api: Api, small_space: Catalogue) -> None:
    code = record_of(small_space, "id/dataset/cell-footprint").code
    assert api(f"/identifiers/{code}")["records"][0]["code"] == code
    assert len(api("/identifiers/SHARED-1")["records"]) == 2
    assert api.problem("/identifiers/DRAFT-9")["status"] == 404
    assert api("/identifiers/DRAFT-9", audience=Audience.OPERATORS)["records"]
    assert api.problem("/identifiers/none/at/all")["status"] == 404


def test_a_wrong_check_character_is_named(api: Api, small_space: Catalogue) -> None:
    code = record_of(small_space, "id/dataset/cell-footprint").code or ""
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert api.problem(f"/identifiers/{wrong}")["code"] == "object-code-check"


def test_code_lists_have_labels_in_both_languages(api: Api) -> None:
    names = [scheme["name"] for scheme in api("/codes?lang=zh")["schemes"]]
    assert "update-frequency" in names
    concepts = api("/codes/update-frequency?lang=zh")["concepts"]
    assert all({"zh", "en"} <= set(concept["labels"]) for concept in concepts)
    assert "update-frequency" in api.problem("/codes/none")["detail"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_status_counts_for_the_audience_and_tells_others_no_totals(api: Api, audience: Audience) -> None:
    status = api("/status", audience=audience)
    assert status["total"] == len(VISIBLE[audience])
    assert status["followers"]["graphs"] == {"lag": 0, "error": None}
    assert ("position" in status) == ("records" in status["index"]) == (audience is Audience.OPERATORS)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("form", ["trig", "nquads", "turtle", "jsonld", "rdfxml", "ntriples"])
def test_the_export_holds_what_the_audience_may_see(api: Api, audience: Audience, form: str) -> None:
    response = api.answer(f"/export?format={form}", audience=audience)
    quads = list(parse(response.get_data(), format=FORMATS[form].syntax))
    topics = {quad.object.value for quad in quads if quad.predicate.value.endswith("primaryTopic")}
    assert topics == {BASE + name for name in VISIBLE[audience]}


@pytest.mark.parametrize("form", ["dcat-us", "ckan", "croissant"])
def test_the_export_in_a_foreign_format_holds_the_datasets(api: Api, form: str) -> None:
    text = api.answer(f"/export?format={form}").get_data(as_text=True)
    json.loads(text)
    assert "Carbon footprint of battery cells" in text
    assert "River Cells" in text


READING = [operation for operation in OPERATIONS if operation.method == "GET" and operation.name != "export"]
segments = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=40)


@shared
@given(data=st.data())
def test_no_values_make_any_operation_fail(api: Api, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(READING))
    path, query = operation.path, []
    for parameter in operation.all_parameters:
        if parameter.place == "path":
            value = data.draw(segments.filter(lambda text: text.strip(".")))
            path = path.replace("{" + parameter.name + "}", quote(value, safe=""))
        elif data.draw(st.booleans()):
            known = [str(value) for value in parameter.schema.get("enum", ["1", BASE + PUBLIC[0], "turtle"])]
            query.append((parameter.name, data.draw(st.sampled_from(known) | segments)))
    assert api.answer(f"{path}?{urlencode(query)}").status_code in (200, 400, 404, 406, 410, 422)


def test_a_token_that_is_not_known_is_refused_everywhere(api: Api) -> None:
    problem = api.problem("/search", headers={"Authorization": "Bearer wrong"})
    assert problem["code"] == "token-unknown"


def test_the_description_comes_in_both_languages(api: Api) -> None:
    english, chinese = api("/openapi.json?lang=en"), api("/openapi.json?lang=zh")
    assert english["openapi"].startswith("3.1")
    assert english["info"]["title"] != chinese["info"]["title"]
    assert english["paths"].keys() == chinese["paths"].keys()
