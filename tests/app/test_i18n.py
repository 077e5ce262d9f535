"""Numbers, dates, sizes and plurals as each language writes them; whose language a page takes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.i18n import LANGUAGES, Words, pick_language

EN, ZH = Words("en"), Words("zh")


def test_the_same_text_in_both_languages() -> None:
    assert EN.gettext("Search") == "Search"
    assert ZH.gettext("Search") == "搜索"


def test_values_fill_the_places_of_a_text() -> None:
    assert ZH.gettext("Find in %(facet)s", facet="格式") == "在“格式”中查找"


def test_a_text_without_translation_stays_as_it_is() -> None:
    assert ZH.gettext("100 % sure of %(nothing)s") == "100 % sure of %(nothing)s"


@pytest.mark.parametrize(
    ("number", "en", "zh"), [(1, "1 field", "共 1 个字段"), (1200, "1,200 fields", "共 1,200 个字段")]
)
def test_plurals(number: int, en: str, zh: str) -> None:
    assert EN.ngettext("%(number)s field", "%(number)s fields", number) == en
    assert ZH.ngettext("%(number)s field", "%(number)s fields", number) == zh


def test_dates_are_written_as_people_write_them() -> None:
    day = date(2026, 1, 15)
    assert EN.date(day) == "15 January 2026"
    assert ZH.date(day) == "2026年1月15日"


def test_how_long_ago() -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC)
    assert EN.ago(now - timedelta(days=3), now) == "3 days ago"
    assert ZH.ago(now - timedelta(days=3), now) == "3天前"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_048_576, "1.05 MB"), (250_000_000, "250 MB"), (3e15, "3,000 TB")]
)
def test_sizes_are_in_units_of_a_thousand(size: float, text: str) -> None:
    assert EN.size(size) == text


def test_lists() -> None:
    assert EN.listing(["a", "b", "c"]) == "a, b and c"
    assert ZH.listing(["甲", "乙", "丙"]) == "甲、乙和丙"


@pytest.mark.parametrize(
    ("wishes", "accepted", "language"),
    [
        ((), [], "en"),
        ((None, "zh"), ["en"], "zh"),
        (("fr", None), ["de", "zh-TW", "en"], "zh"),
        (("EN-us",), ["zh"], "en"),
    ],
)
def test_the_first_wish_that_can_be_met_wins(
    wishes: tuple[str | None, ...], accepted: list[str], language: str
) -> None:
    assert pick_language(*wishes, accepted=accepted) == language


@given(st.text(), st.lists(st.text()))
def test_whatever_is_wished_for_the_language_is_one_of_ours(wish: str, accepted: list[str]) -> None:
    assert pick_language(wish, accepted=accepted) in LANGUAGES
