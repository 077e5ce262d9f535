"""Rule files: those we ship are sound, and an editor's mistake is named with its line."""

from pathlib import Path

import pytest
import yaml
from pyoxigraph import NamedNode, parse

from mappings import rules
from ontology.description import expand

VALID = """\
format: tiny
title: {en: Tiny, zh: 小格式}
source: https://tiny.example/
detect: [{path: tiny}]
records: [{path: .}]
identity:
  iri: uri
  key: [id]
resource:
  class: dcat:Dataset
  fields:
    - path: name
      property: dct:title
      kind: text
    - path: how
      property: dct:format
      kind: code
      table: file-type
"""


@pytest.mark.parametrize("path", sorted(rules.RULES.glob("[!t]*.yaml")), ids=lambda path: path.stem)
def test_shipped_rule_files_have_no_fault(path):
    assert rules.check(path.read_text("utf-8")) == []
    assert rules.load(path).name == path.stem


def test_shared_tables_have_the_form_of_tables():
    tables = yaml.safe_load(rules.SHARED_TABLES.read_text("utf-8"))
    text = VALID + yaml.safe_dump({"tables": tables}, allow_unicode=True)
    assert rules.check(text) == []


def test_no_name_stands_for_two_codes_of_a_table():
    for name, entries in yaml.safe_load(rules.SHARED_TABLES.read_text("utf-8")).items():
        names = [str(each).casefold() for each_names in entries.values() for each in set(map(str, each_names))]
        assert len(names) == len(set(names)), name


def test_codes_of_the_tables_are_in_our_code_lists():
    files = (rules.HERE.parent / "ontology" / "vocabularies").glob("*.ttl")
    known = {
        triple.subject.value for file in files for triple in parse(path=file) if isinstance(triple.subject, NamedNode)
    }
    tables = yaml.safe_load(rules.SHARED_TABLES.read_text("utf-8"))
    codes = {expand(name) for entries in tables.values() for name in entries if name.startswith("eu:")}
    assert codes <= known


def test_a_sound_file_has_no_problems():
    assert rules.check(VALID) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("kind: text", "kind: txt", 14, "'txt' is not one of"),
        ("property: dct:title", "property: dkt:title", 13, "the prefix 'dkt'"),
        ("path: name", "path: name..x", 12, "'name..x' is not a path"),
        ("table: file-type", "table: file-typ", 18, "there is no table 'file-typ'"),
        ("      table: file-type\n", "", 15, "'table' is a required property"),
        ("kind: text", "kind: text\n      colour: red", 12, "'colour' was unexpected"),
        ("  key: [id]", "  key: []", 8, "[]"),
        ("key: [id]", "key: ['a..b']", 8, "'a..b' is not a path"),
        ("records: [{path: .}]\n", "", 1, "'records' is a required property"),
        ("title: {en: Tiny, zh: 小格式}", "title: {en: Tiny}", 2, "'zh' is a required property"),
        ("title: {en: Tiny", "title: [en: Tiny", 2, "expected"),
    ],
)
def test_a_mistake_is_named_with_its_line(old, new, line, message):
    assert old in VALID
    problems = rules.check(VALID.replace(old, new, 1))
    assert [problem for problem in problems if problem.line == line and message in problem.message], problems


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "a: &a [*a]", "\t- x", "- {"])
def test_what_is_no_rule_file_gives_problems_and_no_crash(text):
    assert rules.check(text)


def test_a_faulty_file_is_not_loaded(tmp_path: Path):
    path = tmp_path / "tiny.yaml"
    path.write_text(VALID.replace("kind: text", "kind: txt"), "utf-8")
    with pytest.raises(rules.RuleFileError, match=r"tiny\.yaml, line 14, resource/fields/0/kind: 'txt' is not one of"):
        rules.load(path)
