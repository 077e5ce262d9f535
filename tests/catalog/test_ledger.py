"""The ledger: what is committed is there, in order, whole, with the documents as they were submitted."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.identifiers import record_graph
from catalog.ledger import Entry, Ledger
from catalog.model import Action, Finding, Iri, Kind, Record, Severity, Visibility

WHEN = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
BASE = "http://space.example/"


def entry(name: str, action: Action = Action.CREATED, content: str = "1.50", **changes: object) -> Entry:
    iri = Iri(f"{BASE}id/dataset/{name}")
    document = f'<{iri}> <http://purl.org/dc/terms/title> "{content}" .\n'
    made = Record(
        record_graph(BASE, iri),
        iri,
        Kind.DATASET,
        Visibility.PUBLIC,
        f"sha256:{name}-{content}",
        "urn:s:a",
        "ann",
        WHEN,
        WHEN,
    )
    return Entry(replace(made, **changes), action, document, aliases=(f"legacy-{name}",))  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_changes_are_numbered_from_one_without_gaps(ledger: Ledger) -> None:
    first = ledger.commit([entry("a"), entry("b")])
    second = ledger.commit([entry("c")])
    assert [change.seq for change in [*first, *second]] == [1, 2, 3]
    assert ledger.position() == 3
    assert ledger.commit([]) == []


def test_a_record_is_found_by_graph_iri_code_and_alias(ledger: Ledger) -> None:
    committed = ledger.commit([entry("a", code="7" + "0" * 31)])[0].record
    assert ledger.find_record(committed.graph) == committed
    assert ledger.find_by_iri(committed.iri) == committed
    assert ledger.find_by_code("7" + "0" * 31) == [committed]
    assert ledger.find_by_code("legacy-a") == [committed]
    assert ledger.find_record(BASE + "record/none") is None
    assert ledger.find_by_code("none") == []


def test_followers_get_the_present_state_of_each_record_once(ledger: Ledger) -> None:
    ledger.commit([entry("a"), entry("b")])
    ledger.commit([entry("a", Action.UPDATED, content="2.0")])
    changes = ledger.changes_after(0, 10)
    assert [(change.seq, change.record.iri[-1], change.action) for change in changes] == [
        (2, "b", Action.CREATED),
        (3, "a", Action.UPDATED),
    ]
    assert '"2.0"' in changes[1].content
    assert ledger.changes_after(2, 10) == changes[1:]
    assert ledger.changes_after(0, 1) == changes[:1]


def test_what_was_withdrawn_has_no_content_but_a_history(ledger: Ledger) -> None:
    record = ledger.commit([entry("a")])[0].record
    gone = Entry(replace(record, withdrawn=WHEN), Action.WITHDRAWN)
    assert ledger.commit([gone])[0].content == ""
    assert ledger.changes_after(0, 10)[0].content == ""
    assert [event.action for event in ledger.history(record.graph)] == [Action.CREATED, Action.WITHDRAWN]
    assert ledger.count_by_kind(Visibility) == {}


def test_a_change_of_visibility_keeps_content_and_aliases(ledger: Ledger) -> None:
    record = ledger.commit([entry("a")])[0].record
    change = ledger.commit([Entry(replace(record, visibility=Visibility.DRAFT), Action.VISIBILITY)])[0]
    assert '"1.50"' in change.content
    assert '"draft"' in change.content
    assert ledger.aliases(record.graph) == ["legacy-a"]
    assert ledger.count_by_kind([Visibility.PUBLIC]) == {}
    assert ledger.count_by_kind([Visibility.DRAFT]) == {Kind.DATASET: 1}


def test_findings_come_back_as_they_went_in(ledger: Ledger) -> None:
    finding = Finding(
        Severity.WARNING, "urn:x", "urn:p", '"v"', "sh:minCount", "urn:s", {"zh": "缺少", "en": "missing"}
    )
    record = ledger.commit([entry("a", findings=(finding,))])[0].record
    stored = ledger.find_record(record.graph)
    assert stored is not None
    assert stored.findings == (finding,)
    ledger.update_findings({record.graph: ()})
    stored = ledger.find_record(record.graph)
    assert stored is not None
    assert stored.findings == ()


def test_a_failed_commit_leaves_nothing(ledger: Ledger) -> None:
    ledger.commit([entry("a", code="same")])
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.commit([entry("b"), entry("c", code="same")])
    assert ledger.position() == 1
    assert [record.iri[-1] for record in ledger.iter_records()] == ["a"]
    assert ledger.find_by_code("legacy-b") == []


def test_records_are_iterated_by_graph_and_can_be_resumed(ledger: Ledger) -> None:
    ledger.commit([entry(name) for name in "abcdefg"])
    everything = list(ledger.iter_records())
    assert [record.graph for record in everything] == sorted(record.graph for record in everything)
    assert list(ledger.iter_records(after=everything[2].graph)) == everything[3:]
    assert list(ledger.iter_records(kind=Kind.SERVICE)) == []


def test_it_is_all_there_after_reopening(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    first = Ledger(url)
    changes = first.commit([entry("a"), entry("b")])
    first.close()
    again = Ledger(url)
    assert again.changes_after(0, 10) == changes
    assert again.find_document("sha256:a-1.50") is not None
    again.close()
