"""One contract for every search index: what is found, by whom, in which order, and why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.errors import ParameterError
from catalog.model import Audience, Change, Kind, Visibility
from catalog.ports import FACETS, Embedder, SearchIndex, SearchPage, SearchRequest
from tests.contract.search_records import BASE, FORMATS, THEMES, change, graph, iri, small_catalogue

Opener = Callable[[], SearchIndex]


def open_tantivy(folder: Path, embedder: Embedder) -> SearchIndex:
    return TantivyIndex(folder, embedder)


ENGINES = {"tantivy": open_tantivy}


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return SentenceEncoder()


@pytest.fixture(params=ENGINES)
def opener(request: pytest.FixtureRequest, tmp_path: Path, embedder: Embedder) -> Opener:
    """Open the same index, each time anew."""
    return lambda: ENGINES[request.param](tmp_path / "search", embedder)


@contextmanager
def opened(opener: Opener) -> Iterator[SearchIndex]:
    index = opener()
    try:
        yield index
    finally:
        index.close()


@pytest.fixture
def index(opener: Opener) -> Iterator[SearchIndex]:
    with opened(opener) as index:
        index.apply(small_catalogue())
        complete(index)
        yield index


def complete(index: SearchIndex) -> None:
    """Wait until every record has its vector."""
    deadline = time.monotonic() + 60
    while index.progress().vectors_missing:
        assert time.monotonic() < deadline, index.progress()
        time.sleep(0.01)


def names(page: SearchPage) -> list[str]:
    return [hit.iri.rpartition("/")[2] for hit in page.hits]


def find(index: SearchIndex, text: str, audience: Audience = Audience.PUBLIC, **options: object) -> list[str]:
    return names(index.search(audience, SearchRequest(text, **options)))  # type: ignore[arg-type]


# What is found


def test_a_new_index_is_empty_at_position_0(opener: Opener) -> None:
    with opened(opener) as index:
        assert index.position() == 0
        page = index.search(Audience.OPERATORS, SearchRequest("battery", mode="keyword"))
        assert (page.total, page.hits, page.next) == (0, (), None)
        assert set(page.facets) == set(FACETS)
        assert index.progress().records == 0


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("碳足迹", "footprint"),
        ("單體碳足跡", "footprint"),
        ("footprints of cell", "footprint"),
        ("ＣＡＲＢＯＮ footprint", "footprint"),
        ("pcf total", "footprint"),
        ("空气质量", "air"),
        ("招生人数 school", "school"),
        ("recycling batteries", "recycling"),
    ],
)
def test_words_are_found_in_any_form(index: SearchIndex, text: str, first: str) -> None:
    assert find(index, text, mode="keyword")[0] == first


def test_theme_labels_are_found_in_both_languages(index: SearchIndex) -> None:
    assert set(find(index, "环境", mode="keyword")) >= {"footprint", "air", "recycling"}
    assert set(find(index, "environment", mode="keyword")) >= {"footprint", "air", "recycling"}


def test_a_chinese_query_finds_an_english_record_and_the_reverse(index: SearchIndex) -> None:
    assert find(index, "公交客流量")[0] == "buses"
    assert find(index, "air pollution measurements")[0] == "air"
    assert find(index, "废旧电池中回收的锂和镍", mode="vector")[0] == "recycling"


def test_records_of_a_participant_are_found_by_its_name(index: SearchIndex) -> None:
    assert set(find(index, "宁德电芯", mode="keyword")) == {"cells", "footprint", "recycling"}
    page = index.search(Audience.PUBLIC, SearchRequest("Ningde Cells", mode="keyword"))
    hit = next(hit for hit in page.hits if hit.iri == iri("recycling"))
    assert hit.publisher["zh"] == "宁德电芯有限公司"
    assert [reason.field for reason in hit.reasons] == ["publisher"]


def test_an_exact_title_comes_first(index: SearchIndex) -> None:
    index.apply([change(10, "s1", {"en": "Battery"}), change(11, "s2", {"en": "battery battery battery cells"})])
    complete(index)
    assert find(index, "battery")[0] == "s1"
    assert find(index, "  BATTERY ", mode="keyword")[0] == "s1"


def test_identifiers_are_found(index: SearchIndex) -> None:
    code = "79135090012345678X35090000000017"
    index.apply([change(10, "coded", {"en": "Something else"}, code=code)])
    page = index.search(Audience.PUBLIC, SearchRequest(code))
    assert names(page)[0] == "coded"
    assert page.hits[0].reasons[0].field == "identifier"
    assert find(index, iri("air"))[0] == "air"


def test_an_empty_query_lists_everything_newest_first(index: SearchIndex) -> None:
    listed = find(index, "")
    assert [name for name in listed if name != "cells"] == ["footprint", "air", "buses", "recycling", "school"]
    moments = [hit.modified for hit in index.search(Audience.PUBLIC, SearchRequest()).hits]
    assert moments == sorted(moments, reverse=True)
    assert len(listed) == 6


def test_titles_sort_as_readers_of_the_language_expect(index: SearchIndex) -> None:
    zh = [(10, "重庆"), (11, "北京"), (12, "阿坝"), (13, "上海")]
    index.apply([change(seq, f"t{seq}", {"zh": title}) for seq, title in zh])
    page = index.search(Audience.PUBLIC, SearchRequest(sort="title", language="zh", size=50))
    titles = [hit.title["zh"] for hit in page.hits if hit.title.get("zh") in {"重庆", "北京", "阿坝", "上海"}]
    assert titles == ["阿坝", "北京", "上海", "重庆"]
    english = index.search(Audience.PUBLIC, SearchRequest(sort="title", language="en", size=50))
    own = [hit.title["en"].casefold() for hit in english.hits if "en" in hit.title]
    assert own == sorted(own)


# Visibility


def test_nobody_finds_what_they_may_not_see(index: SearchIndex) -> None:
    for mode in ("hybrid", "keyword", "vector"):
        seen = {
            audience: set(find(index, "battery prices and plant plans", audience, mode=mode)) for audience in Audience
        }
        assert not seen[Audience.PUBLIC] & {"prices", "plans", "hidden"}
        assert "prices" in seen[Audience.MEMBERS]
        assert "plans" not in seen[Audience.MEMBERS]
        assert {"prices", "plans"} <= seen[Audience.OPERATORS]


def test_counts_leave_out_what_the_audience_may_not_see(index: SearchIndex) -> None:
    for audience, total in ((Audience.PUBLIC, 6), (Audience.MEMBERS, 8), (Audience.OPERATORS, 9)):
        page = index.search(audience, SearchRequest())
        assert page.total == total == sum(count for _, count in page.facets["kind"])
    public = index.search(Audience.PUBLIC, SearchRequest())
    assert f"{THEMES}ECON" not in dict(public.facets["theme"])
    assert f"{FORMATS}PDF" not in dict(public.facets["format"])


def test_suggestions_come_from_what_the_audience_may_see(index: SearchIndex) -> None:
    assert index.suggest(Audience.PUBLIC, "Battery") == []
    assert index.suggest(Audience.MEMBERS, "battery") == ["Battery purchase prices"]
    assert index.suggest(Audience.PUBLIC, "confidential") == []
    assert index.suggest(Audience.PUBLIC, "动力") == ["动力电池单体碳足迹核算数据"]
    assert index.suggest(Audience.PUBLIC, "動力") == ["动力电池单体碳足迹核算数据"]
    assert index.suggest(Audience.PUBLIC, "") == []


def test_similar_records_are_those_the_audience_may_see(index: SearchIndex) -> None:
    public = [hit.iri for hit in index.similar(Audience.PUBLIC, graph("recycling"))]
    assert public[0] == iri("footprint")
    assert not {iri("prices"), iri("plans"), iri("recycling")} & set(public)
    assert iri("prices") in [hit.iri for hit in index.similar(Audience.MEMBERS, graph("recycling"))]
    assert index.similar(Audience.PUBLIC, graph("prices")) == []
    assert index.similar(Audience.PUBLIC, graph("nothing")) == []


def test_a_hidden_participant_gives_nothing_away(index: SearchIndex) -> None:
    assert find(index, "Quokka", mode="keyword") == []
    assert find(index, "Quokka", Audience.MEMBERS, mode="keyword") == ["hidden", "buses"]
    hit = index.search(Audience.PUBLIC, SearchRequest("bus ridership")).hits[0]
    assert hit.publisher == {}


def test_a_change_of_visibility_holds_at_once(index: SearchIndex) -> None:
    changed = {"titles": {"en": "Recycled battery material flows"}, "visibility": Visibility.DRAFT}
    index.apply([change(10, "recycling", **changed)])  # type: ignore[arg-type]
    for mode in ("hybrid", "keyword", "vector"):
        assert "recycling" not in find(index, "recycled battery material", mode=mode)
    assert iri("recycling") not in [hit.iri for hit in index.similar(Audience.PUBLIC, graph("footprint"))]
    assert index.suggest(Audience.PUBLIC, "recycled") == []


def test_what_is_withdrawn_is_gone_and_graphs_are_never_found(index: SearchIndex) -> None:
    index.apply([change(10, "air", {}, withdrawn=True)])
    assert "air" not in find(index, "空气质量", Audience.OPERATORS)
    assert index.progress().records == 8
    complete(index)
    assert index.position() == 10


# Facets, paging


def test_a_facet_does_not_restrict_its_own_counts(index: SearchIndex) -> None:
    request = SearchRequest(filters={"format": (f"{FORMATS}CSV",)})
    page = index.search(Audience.PUBLIC, request)
    assert names(page) == ["footprint", "recycling", "school"]
    assert dict(page.facets["format"]) == {f"{FORMATS}CSV": 3, f"{FORMATS}JSON": 2}
    assert dict(page.facets["theme"]) == {f"{THEMES}ENVI": 2, f"{THEMES}EDUC": 1}
    both = SearchRequest(filters={"format": (f"{FORMATS}CSV", f"{FORMATS}JSON"), "theme": (f"{THEMES}ENVI",)})
    assert set(names(index.search(Audience.PUBLIC, both))) == {"footprint", "air", "recycling"}


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_a_facet_count_is_what_clicking_it_gives(index: SearchIndex, mode: str) -> None:
    page = index.search(Audience.OPERATORS, SearchRequest("battery 电池 data", mode=mode))
    assert page.total == len(page.hits) > 0
    for facet in ("theme", "format", "kind", "publisher"):
        for value, count in page.facets[facet]:
            request = SearchRequest("battery 电池 data", mode=mode, filters={facet: (value,)})
            narrowed = index.search(Audience.OPERATORS, request)
            assert narrowed.total == len(narrowed.hits) == count


def test_unknown_facet_values_find_nothing(index: SearchIndex) -> None:
    for value in ("x", "", "urn:nothing", "\x00", "a" * 100_000, "电池 OR *:*", "\ud800"):
        page = index.search(Audience.PUBLIC, SearchRequest("battery", filters={"theme": (value,)}))
        assert page.total == 0


def pages(index: SearchIndex, request: SearchRequest, between: Callable[[], None] = lambda: None) -> list[str]:
    listed: list[str] = []
    cursor = None
    while True:
        options = {name: getattr(request, name) for name in ("text", "sort", "mode", "size", "language")}
        page = index.search(Audience.PUBLIC, SearchRequest(**options, cursor=cursor))
        listed += names(page)
        cursor = page.next
        if cursor is None:
            return listed
        between()


@pytest.mark.parametrize("sort", ["relevance", "modified", "title"])
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_pages_reach_every_record_once(index: SearchIndex, sort: str, mode: str) -> None:
    index.apply([change(seq, f"n{seq}", {"en": f"Battery number {seq}", "zh": "电池"}) for seq in range(10, 60)])
    complete(index)
    request = SearchRequest("battery", sort=sort, mode=mode, size=7)
    whole = index.search(Audience.PUBLIC, SearchRequest("battery", sort=sort, mode=mode, size=200))
    listed = pages(index, request)
    assert listed == names(whole)
    assert len(listed) == len(set(listed)) == whole.total


@pytest.mark.parametrize("sort", ["relevance", "modified", "title"])
def test_paging_is_stable_while_records_come(index: SearchIndex, sort: str) -> None:
    index.apply([change(seq, f"n{seq}", {"en": f"Battery number {seq}"}) for seq in range(10, 50)])
    complete(index)
    before = pages(index, SearchRequest("battery", sort=sort, size=200))
    seqs = iter(range(100, 200))

    def add() -> None:
        seq = next(seqs)
        index.apply([change(seq, f"late{seq}", {"en": f"Battery battery added later {seq}"}, modified="2030-01-01")])

    listed = pages(index, SearchRequest("battery", sort=sort, size=6), add)
    assert len(listed) == len(set(listed))
    assert set(before) <= set(listed)


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!", "AAAA", "W10=", "é", "WyJhIiwxLDIsIjAiLCIwIiwxXQ==", "[" * 5000, "\x00"]
)
def test_a_cursor_that_is_not_ours_is_refused(index: SearchIndex, cursor: str) -> None:
    with pytest.raises(ParameterError) as raised:
        index.search(Audience.PUBLIC, SearchRequest("battery", cursor=cursor))
    assert (raised.value.code, raised.value.where) == ("cursor-invalid", "cursor")


def test_a_cursor_serves_only_its_own_request_and_audience(index: SearchIndex) -> None:
    cursor = index.search(Audience.MEMBERS, SearchRequest("battery", size=1)).next
    assert index.search(Audience.MEMBERS, SearchRequest("battery", size=1, cursor=cursor)).hits
    for audience, request in (
        (Audience.PUBLIC, SearchRequest("battery", cursor=cursor)),
        (Audience.MEMBERS, SearchRequest("batteries", cursor=cursor)),
        (Audience.MEMBERS, SearchRequest("battery", cursor=cursor, sort="title")),
        (Audience.MEMBERS, SearchRequest("battery", cursor=cursor, filters={"kind": ("dataset",)})),
    ):
        with pytest.raises(ParameterError):
            index.search(audience, request)


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        (SearchRequest(sort="colour"), "sort"),
        (SearchRequest(mode="magic"), "mode"),
        (SearchRequest(facets=("colour",)), "facet"),
        (SearchRequest(filters={"colour": ("red",)}), "facet"),
        (SearchRequest(size=-1), "size"),
        (SearchRequest(size=10**9), "size"),
        (SearchRequest(facet_size=0), "facet_size"),
        (SearchRequest(filters={"theme": tuple(map(str, range(500)))}), "filters"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_place(
    index: SearchIndex, request_: SearchRequest, where: str
) -> None:
    with pytest.raises(ParameterError) as raised:
        index.search(Audience.PUBLIC, request_)
    assert raised.value.where == where


# Any input


HOSTILE = [
    " ", "\t\n", "🔋🔋", "👩\u200d👩\u200d👧", "\x00", "\ud800", "مرحبا بالعالم", "שלום", "\u202eevil\u202c",
    "AND OR NOT", "title:battery", "*", "a* ?b", "[1 TO 2]", '"unclosed', "((((", ")", "battery^1000", "~", "-battery",
    "+a +b", "the of and", "的 了 和", "a" * 100_000, "电" * 100_000, "battery " * 20_000, "x" * 60 + " " + "y" * 61,
    "\N{COMBINING ACUTE ACCENT}" * 50, "ﬀ ﬁ ²³ ½",
]  # fmt: skip


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_answered(index: SearchIndex, text: str, mode: str) -> None:
    begun = time.monotonic()
    page = index.search(Audience.PUBLIC, SearchRequest(text, mode=mode))
    assert page.total >= len(page.hits)
    index.suggest(Audience.PUBLIC, text)
    assert time.monotonic() - begun < 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=80), language=st.text(max_size=5), sort=st.sampled_from(["relevance", "modified", "title"])
)
def test_random_text_is_answered_consistently(index: SearchIndex, text: str, language: str, sort: str) -> None:
    page = index.search(Audience.PUBLIC, SearchRequest(text, language=language, sort=sort, size=200))
    assert page.total == len(page.hits) == sum(count for _, count in page.facets["kind"])


# Why


def test_fragments_mark_the_words_in_the_record_s_own_text(index: SearchIndex) -> None:
    hit = index.search(Audience.PUBLIC, SearchRequest("动力電池 footprint")).hits[0]
    whole = {(piece.field, piece.language): "".join(text for text, _ in piece.pieces) for piece in hit.fragments}
    assert whole["title", "zh"] == hit.title["zh"]
    assert whole["title", "en"] == hit.title["en"]
    marked = {text for piece in hit.fragments for text, match in piece.pieces if match}
    assert "动力电池" in marked
    assert "footprint" in marked


def test_the_best_piece_of_a_long_description_is_shown(index: SearchIndex) -> None:
    filler = "Nothing of interest stands here at all. " * 40
    text = filler + "Then the zebra crossing counts begin, zebra by zebra. " + filler
    index.apply([change(10, "long", {"en": "Streets"}, description={"en": text})])
    hit = index.search(Audience.PUBLIC, SearchRequest("zebra crossing")).hits[0]
    (fragment,) = (piece for piece in hit.fragments if piece.field == "description")
    pieces = fragment.pieces
    assert [piece for piece in pieces if piece[1]][:2] == [("zebra", True), ("crossing", True)]
    assert pieces[0] == pieces[-1] == ("…", False)
    assert len("".join(text for text, _ in pieces)) < 250


def test_reasons_say_which_words_in_which_field_and_how_much_meaning(index: SearchIndex) -> None:
    hit = index.search(Audience.PUBLIC, SearchRequest("batteries' carbon footprint")).hits[0]
    assert hit.iri == iri("footprint")
    by_field = {reason.field: reason for reason in hit.reasons}
    assert by_field["title"].terms == ("batteries", "carbon", "footprint")
    assert by_field["keyword"].terms == ("carbon", "footprint")
    assert by_field[""].kind == "meaning"
    assert sum(reason.weight for reason in hit.reasons) == pytest.approx(1, abs=0.01)
    assert all(0 < reason.weight <= 1 for reason in hit.reasons)
    foreign = index.search(Audience.PUBLIC, SearchRequest("公交客流量")).hits[0]
    assert [reason.kind for reason in foreign.reasons] == ["meaning"]


def test_hits_carry_what_a_list_shows(index: SearchIndex) -> None:
    hit = index.search(Audience.PUBLIC, SearchRequest("carbon footprint of traction battery cells")).hits[0]
    assert (hit.graph, hit.iri, hit.kind) == (graph("footprint"), iri("footprint"), Kind.DATASET)
    assert hit.values["format"] == (f"{FORMATS}CSV",)
    assert hit.values["publisher"] == (f"{BASE}id/dataset/cells",)
    assert hit.modified.date().isoformat() == "2026-01-15"
    assert set(hit.description) == {"zh", "en"}


# Following the log


def test_position_and_records_survive_reopening(opener: Opener) -> None:
    with opened(opener) as index:
        index.apply(small_catalogue())
        complete(index)
    with opened(opener) as index:
        assert index.position() == 9
        complete(index)
        assert find(index, "公交客流量")[0] == "buses"


def test_the_same_change_twice_changes_nothing(index: SearchIndex) -> None:
    before = index.search(Audience.OPERATORS, SearchRequest())
    index.apply(small_catalogue())
    complete(index)
    after = index.search(Audience.OPERATORS, SearchRequest())
    assert (before.total, before.facets) == (after.total, after.facets)
    assert index.progress().records == 9


def test_it_catches_up_from_its_position(opener: Opener) -> None:
    changes = small_catalogue()
    with opened(opener) as index:
        index.apply(changes[:4])
    with opened(opener) as index:
        assert index.position() == 4
        index.apply(changes[index.position() :])
        assert index.position() == 9
        assert index.search(Audience.OPERATORS, SearchRequest()).total == 9


def test_it_can_be_rebuilt_while_it_serves_and_follows(index: SearchIndex) -> None:
    many = [change(seq, f"m{seq}", {"en": f"Battery {seq}"}) for seq in range(10, 400)]
    index.apply(many)
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            page = index.search(Audience.PUBLIC, SearchRequest("battery footprint"))
            if not page.total:
                failures.append(AssertionError("nothing found"))

    def batches() -> Iterator[list[Change]]:
        records = [*small_catalogue(), *many]
        for start in range(0, len(records), 50):
            assert index.progress().rebuilding
            if start == 100:  # two records change after the rebuild began: one read already, one not yet
                index.apply(
                    [change(400, "footprint", {"en": "Renamed entirely"}), change(401, "m390", {}, withdrawn=True)]
                )
            yield records[start : start + 50]

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        index.rebuild(batches())
    finally:
        stop.set()
        asking.join()
    assert not failures
    progress = index.progress()
    assert (progress.position, progress.records, progress.rebuilding) == (401, 398, False)
    assert find(index, "Renamed entirely", mode="keyword") == ["footprint"]
    assert find(index, "390", mode="keyword") == []
    index.apply([change(402, "after", {"en": "Afterwards"})])
    assert find(index, "Afterwards", mode="keyword") == ["after"]


def test_a_rebuild_that_fails_leaves_the_index_as_it_was(index: SearchIndex) -> None:
    def broken() -> Iterator[list[Change]]:
        yield small_catalogue()[:2]
        raise OSError("the disk is full")

    with pytest.raises(Exception, match="disk is full"):
        index.rebuild(broken())
    assert index.progress().records == 9
    assert not index.progress().rebuilding
    index.rebuild(iter([small_catalogue()]))
    assert index.position() == 9
