"""Importing, checking, changing and withdrawing through the API, and who may."""

from __future__ import annotations

import pytest
from flask import Flask

from app.api import PREFIX
from catalog.catalogue import Catalogue
from catalog.model import Audience, Visibility
from tests.app.api_checking import Api
from tests.app.conftest import BASE, SPACE, asking, put

OPERATOR = Audience.OPERATORS
TURTLE = {"Content-Type": "text/turtle"}
PARTICIPANT = b"""
@prefix sc: <https://w3id.org/spacecat/ns#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix dct: <http://purl.org/dc/terms/> .
<id/participant/a> a sc:Participant , foaf:Organization , foaf:Agent ; foaf:name "\xe7\x94\xb2"@zh , "A"@en ;
    dct:description "\xe4\xb8\x80"@zh , "One"@en ;
    sc:participantRole <https://w3id.org/spacecat/codes/participant-role/provider> ;
    sc:industry <https://w3id.org/spacecat/codes/gbt4754/C> ;
    sc:unifiedSocialCreditCode "12150100917444922E" .
"""
UNTITLED = b'<http://x.example/d> a <http://www.w3.org/ns/dcat#Dataset> ; dct:description "?"@en .\n'


@pytest.fixture
def api(fresh_site: Flask) -> Api:
    return Api(fresh_site)


def send(api: Api, body: bytes, query: str = "", **more: object) -> list[dict[str, object]]:
    return api.lines(f"/imports?{query}", audience=OPERATOR, method="POST", data=body, headers=TURTLE, **more)


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.MEMBERS])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/imports"),
        ("PATCH", "/records/aaaaaaaaaaaaaaaa"),
        ("DELETE", "/records/aaaaaaaaaaaaaaaa"),
        ("POST", "/reindex"),
    ],
)
def test_writing_is_for_operators(api: Api, audience: Audience, method: str, path: str) -> None:
    problem = api.problem(path, audience=audience, method=method, data=PARTICIPANT)
    assert problem["status"] == (401 if audience is Audience.PUBLIC else 403)


def test_an_import_tells_each_outcome_and_shows_at_once(api: Api) -> None:
    *outcomes, last = send(api, PARTICIPANT + UNTITLED, "name=space.ttl&source=river&policy=member")
    assert {outcome["iri"]: outcome["status"] for outcome in outcomes} == {
        BASE + "id/participant/a": "created",
        "http://x.example/d": "rejected",
    }
    rejected = next(outcome for outcome in outcomes if outcome["status"] == "rejected")
    assert rejected["findings"]
    assert rejected["message"]
    assert last["summary"]["created"] == last["summary"]["rejected"] == 1  # type: ignore[index]
    shown = api("/records")["records"]
    assert [(record["label"], record["source"]) for record in shown] == [("A", "urn:spacecat:source:river")]
    assert api("/search")["total"] == 1


def test_importing_again_changes_nothing(api: Api) -> None:
    send(api, PARTICIPANT)
    before = api("/status", audience=OPERATOR)["position"]
    assert send(api, PARTICIPANT)[-1]["summary"]["unchanged"] == 1  # type: ignore[index]
    assert api("/status", audience=OPERATOR)["position"] == before


def test_a_dry_run_stores_nothing(api: Api) -> None:
    *outcomes, last = send(api, PARTICIPANT, "dry_run=1")
    assert [outcome["status"] for outcome in outcomes] == ["created"]
    assert last["summary"]["dry_run"] is True  # type: ignore[index]
    assert api("/status", audience=OPERATOR)["position"] == 0


def test_progress_is_told_when_asked_for(api: Api) -> None:
    lines = send(api, (SPACE / "public.ttl").read_bytes(), "progress=1")
    assert all(0 <= line["progress"] <= 1 for line in lines if "progress" in line)  # type: ignore[operator]
    assert "summary" in lines[-1]


def test_what_does_not_parse_is_an_outcome_with_its_place(api: Api) -> None:
    *outcomes, last = send(api, b"<http://x.example/a> <http://x.example/b> .\n", "name=broken.ttl")
    assert {outcome["status"] for outcome in outcomes} == {"rejected"}
    assert "broken.ttl:1" in {outcome["where"] for outcome in outcomes}
    assert last["summary"]["rejected"] == len(outcomes)  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("policy=anything", "policy"),
        ("visibility=secret", "visibility"),
        ("source=", "source"),
        ("dry_run=2", "dry_run"),
        ("format=docx", "format"),
    ],
)
def test_wrong_parameters_of_an_import_are_refused_before_it_begins(api: Api, query: str, where: str) -> None:
    problem = api.problem(f"/imports?{query}", audience=OPERATOR, method="POST", data=PARTICIPANT, headers=TURTLE)
    assert (problem["status"], problem["where"]) == (400, where)


def test_a_client_that_leaves_stops_the_import_and_keeps_what_is_stored(fresh_site: Flask) -> None:
    response = asking(fresh_site)(
        f"{PREFIX}/imports", audience=OPERATOR, method="POST", data=PARTICIPANT, headers=TURTLE, buffered=False
    )
    next(iter(response.response))
    response.close()
    assert Api(fresh_site)("/records")["records"]


def test_a_check_needs_no_right_and_stores_nothing(api: Api) -> None:
    answer = api("/validate?name=a.ttl", method="POST", data=PARTICIPANT + UNTITLED, headers=TURTLE)
    assert answer["conforms"] is False
    assert {record["status"] for record in answer["records"]} == {"created", "rejected"}
    assert not api("/records", audience=OPERATOR)["records"]


def test_a_check_is_bounded(api: Api) -> None:
    too_large = api.problem("/validate", method="POST", data=b"#" * ((2 << 20) + 1), headers=TURTLE)
    assert too_large["status"] == 413
    many = b"".join(UNTITLED.replace(b"/d>", b"/%d>" % number) for number in range(250))
    many = b"@prefix dct: <http://purl.org/dc/terms/> .\n" + many
    assert api.problem("/validate", method="POST", data=many, headers=TURTLE)["code"] == "validation-too-large"


@pytest.mark.parametrize(
    ("visibility", "seers"),
    [
        ("draft", {Audience.OPERATORS}),
        ("members", {Audience.MEMBERS, Audience.OPERATORS}),
        ("public", set(Audience)),
    ],
)
def test_a_change_of_visibility_holds_at_once(
    api: Api, fresh_space: Catalogue, visibility: str, seers: set[Audience]
) -> None:
    path = f"/records/{put(fresh_space, 'id/dataset/a', Visibility.MEMBERS).id}"
    changed = api(path, audience=OPERATOR, method="PATCH", json={"visibility": visibility})
    assert changed["visibility"] == visibility
    for audience in Audience:
        seen = audience in seers
        assert (api.answer(path, audience=audience).status_code == 200) == seen
        assert (api("/search", audience=audience)["total"] == 1) == seen


def test_history_before_a_record_was_public_stays_hidden(api: Api, fresh_space: Catalogue) -> None:
    path = f"/records/{put(fresh_space, 'id/dataset/a', Visibility.DRAFT).id}"
    api(path, audience=OPERATOR, method="PATCH", json={"visibility": "public"})
    assert [event["action"] for event in api(path)["history"]] == ["visibility"]
    assert len(api(path, audience=OPERATOR)["history"]) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"visibility": "secret"}', b'{"visibility": "draft", "x": 1}'])
def test_a_change_that_says_something_else_is_refused(api: Api, fresh_space: Catalogue, body: bytes) -> None:
    path = f"/records/{put(fresh_space, 'id/dataset/a', Visibility.PUBLIC).id}"
    headers = {"Content-Type": "application/json"}
    problem = api.problem(path, audience=OPERATOR, method="PATCH", data=body, headers=headers)
    assert problem["code"] == "body-invalid"


def test_withdrawing_leaves_a_tombstone_and_can_be_repeated(api: Api, fresh_space: Catalogue) -> None:
    path = f"/records/{put(fresh_space, 'id/dataset/a', Visibility.PUBLIC).id}"
    for _ in range(2):
        gone = api(path, audience=OPERATOR, method="DELETE")["records"][0]
        assert gone["withdrawn"]
    assert api.problem(path)["status"] == 410
    assert api("/search")["total"] == 0
    problem = api.problem(path, audience=OPERATOR, method="PATCH", json={"visibility": "draft"})
    assert problem["status"] == 410


def test_what_is_not_there_cannot_be_changed(api: Api) -> None:
    for method in ("PATCH", "DELETE"):
        problem = api.problem(
            "/records/aaaaaaaaaaaaaaaa", audience=OPERATOR, method=method, json={"visibility": "draft"}
        )
        assert problem["status"] == 404


def test_reindexing_finds_the_same(api: Api, fresh_space: Catalogue) -> None:
    put(fresh_space, "id/dataset/a", Visibility.PUBLIC)
    status = api("/reindex?wait=1", audience=OPERATOR, method="POST")
    assert status["index"]["records"] == 1
    assert api("/search")["total"] == 1


def test_a_form_of_another_site_cannot_write(api: Api) -> None:
    problem = api.problem("/reindex", audience=OPERATOR, method="POST", headers={"Origin": "https://elsewhere.example"})
    assert problem["code"] == "origin-foreign"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("deep.jsonld", b'{"http://x.example/p":' * 5000 + b"1" + b"}" * 5000),
        ("script.ttl", UNTITLED.replace(b'"?"@en', b"<javascript:alert(1)>")),
        ("bytes.ttl", bytes(range(256)) * 10),
        ("nothing.ttl", b""),
    ],
)
def test_hostile_documents_get_an_answer(api: Api, name: str, body: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    answer = api(f"/validate?name={name}", method="POST", data=body, headers=headers)
    assert answer["conforms"] is False
    assert all(record["message"] for record in answer["records"])


def test_what_intake_finds_is_said_in_both_languages(api: Api) -> None:
    body = PARTICIPANT.replace(b'"One"@en', b'"<b>One</b>"@en')
    outcome = api("/validate", method="POST", data=body, headers=TURTLE)["records"][0]
    marked = next(finding for finding in outcome["findings"] if finding["component"] == "markup-in-text")
    assert set(marked["messages"]) == {"en", "zh"}
