"""Analysis: the same word, however written, in documents and queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.analysis import (
    exact_key,
    iter_tokens,
    iter_tokens_like,
    normalise,
    query_terms,
    segment,
    sort_key,
    split_name,
    stem_analyzer,
    word_analyzer,
)


def terms(text: str) -> list[str]:
    return [token.term for token in iter_tokens(text)]


def test_chinese_is_cut_into_words_and_the_words_within() -> None:
    assert terms("动力电池碳足迹") == ["动力", "电池", "动力电池", "碳", "足迹"]


def test_mixed_scripts_part_at_their_borders() -> None:
    assert terms("2023年CO2排放v2数据") == ["2023", "年", "co2", "排放", "v2", "数据"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("動力電池碳足跡", "动力电池碳足迹"),
        ("ＣＯ２　排放", "CO2 排放"),
        ("Écoles", "ecoles"),
        ("pcf_total", "PCF total"),
        ("ﬁnance", "finance"),
        ("naïve Straße", "NAIVE strasse"),
    ],
)
def test_writing_does_not_matter(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_english_words_share_a_stem_and_keep_their_own_term() -> None:
    (token,) = iter_tokens("Batteries")
    assert (token.term, token.stem) == ("batteries", "batteri")
    assert next(iter_tokens("battery")).stem == token.stem


@given(st.text(max_size=60))
def test_tokens_are_what_the_engine_indexes(text: str) -> None:
    """What is marked and what is found come from two paths that must agree."""
    text = normalise(text)
    found = list(iter_tokens(text))
    assert [token.term for token in found] == word_analyzer().analyze(segment(text))
    assert [token.stem for token in found] == stem_analyzer().analyze(segment(text))
    assert all(0 <= token.start < token.end <= len(text) for token in found)


def test_a_query_does_without_stop_words_unless_it_has_nothing_else() -> None:
    assert [term.term for term in query_terms("请问有哪些关于电池的数据")] == ["电池", "数据"]
    assert [term.term for term in query_terms("how many cars are there in the city")] == ["many", "cars", "city"]
    assert [term.term for term in query_terms("the who")] == ["the", "who"]
    assert query_terms("  …!?") == []


def test_a_query_s_terms_know_the_words_that_were_written() -> None:
    query = "單體 ＣＥＬＬ"
    assert [query[term.start : term.end] for term in query_terms(query)] == ["單體", "ＣＥＬＬ"]


def test_long_queries_are_cut() -> None:
    assert len(query_terms(" ".join(f"word{number}" for number in range(5000)))) == 24
    assert query_terms("电" * 1_000_000)


def test_titles_compare_without_case_space_and_points() -> None:
    assert exact_key("Carbon  Footprint: Cells!") == exact_key("carbon footprint cells")
    assert exact_key("碳足跡（电芯）") == exact_key("碳足迹 电芯")
    assert exact_key("—") == ""


def test_titles_sort_by_sound_in_chinese_and_without_accents_in_english() -> None:
    assert sorted(["重庆", "北京", "上海", "阿坝"], key=lambda text: sort_key(text, "zh")) == [
        "阿坝",
        "北京",
        "上海",
        "重庆",
    ]
    assert sorted(["Zebra", "éclair", "apple"], key=lambda text: sort_key(text, "en")) == ["apple", "éclair", "Zebra"]


def test_technical_names_are_taken_apart() -> None:
    assert split_name("cellVoltage_max") == "cell Voltage max"


def test_tokens_that_may_match_are_found_without_the_rest() -> None:
    text = "Batteries, battery packs and BATTERY cells; embattled bats. Battery2"
    stems = {"batteri", "cell"}
    wanted = [token for token in iter_tokens(text) if token.stem in stems]
    assert [token for token in iter_tokens_like(text, stems) if token.stem in stems] == wanted
    assert list(iter_tokens_like(text, {"电池"})) == []
    assert [token.term for token in iter_tokens_like("电池 cells 数据", {"电池"})] == ["电池"]
