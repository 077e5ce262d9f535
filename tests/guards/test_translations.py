"""Every text of the pages has a Chinese translation that fills the same places, and none is left over."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.i18n import translations

APP = Path(__file__).parents[2] / "app"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
PLACES = re.compile(r"%\((\w+)\)s")
MessageId = str | tuple[str, ...]


@pytest.fixture(scope="module")
def used() -> dict[MessageId, str]:
    return {
        message: f"{file}:{line}"
        for file, line, message, _, _ in extract_from_dir(APP, method_map=METHODS, keywords=KEYWORDS)
    }


@pytest.fixture(scope="module")
def known() -> dict[MessageId, MessageId]:
    return {message.id: message.string for message in translations() if message.id}


def test_every_text_is_translated(used: dict[MessageId, str], known: dict[MessageId, MessageId]) -> None:
    missing = {f"{message} ({place})" for message, place in used.items() if not all(strings(known.get(message, "")))}
    assert not missing


def test_no_translation_is_left_over(used: dict[MessageId, str], known: dict[MessageId, MessageId]) -> None:
    assert not set(known) - set(used)


def test_translations_fill_the_same_places(known: dict[MessageId, MessageId]) -> None:
    wrong = {
        message
        for message, translation in known.items()
        if not set(PLACES.findall(strings(translation)[0])) <= set(PLACES.findall(strings(message)[-1]))
        or not set(PLACES.findall(strings(message)[-1])) - {"number"} <= set(PLACES.findall(strings(translation)[0]))
    }
    assert not wrong


def test_the_file_is_valid_and_nothing_is_fuzzy() -> None:
    with (APP / "translations" / "zh.po").open("rb") as file:
        catalog: Catalog = read_po(file, locale="zh", abort_invalid=True)
    assert not [message.id for message in catalog if message.fuzzy and message.id]


def strings(message: MessageId) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (message,)
