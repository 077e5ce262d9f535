import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.paths import Path, PathError

RECORD = {
    "title": "t",
    "keyword": ["a", "", "b"],
    "extras": [{"key": "uri", "value": "u"}, {"key": "x", "value": None}, "odd"],
    "recordSet": [{"field": [{"name": "f"}, {"name": "g"}]}, {"field": {"name": "h"}}],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("title", [(("title",), "t")]),
        ("keyword[]", [(("keyword", 0), "a"), (("keyword", 2), "b")]),
        ("keyword", [(("keyword", 0), "a"), (("keyword", 2), "b")]),
        ("extras[key=uri].value", [(("extras", 0, "value"), "u")]),
        ("extras[key=x].value", []),
        ("extras[key=none].value", []),
        ("title.deeper", []),
        ("missing", []),
        (
            "recordSet[].field[].name",
            [
                (("recordSet", 0, "field", 0, "name"), "f"),
                (("recordSet", 0, "field", 1, "name"), "g"),
                (("recordSet", 1, "field", "name"), "h"),
            ],
        ),
    ],
)
def test_reading_passes_through_lists_and_leaves_out_what_is_empty(path, expected):
    assert Path.parse(path).read(RECORD) == expected


@pytest.mark.parametrize("text", ["", "a..b", "a.", ".a", "a[", "a]b", "[]", "a[b", "a[b=c"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(PathError):
        Path.parse(text)


def test_a_single_place_is_filled_once_and_a_list_grows():
    target = {}
    assert Path.parse("a.b").write(target, 1)
    assert not Path.parse("a.b").write(target, 2)
    assert Path.parse("tags[].name").write(target, "x")
    assert Path.parse("tags[].name").write(target, "y")
    assert Path.parse("extras[key=uri].value").write(target, "u")
    assert target == {
        "a": {"b": 1},
        "tags": [{"name": "x"}, {"name": "y"}],
        "extras": [{"key": "uri", "value": "u"}],
    }


names = st.text("abcde:@-_", min_size=1, max_size=6)
steps = st.tuples(names, st.sampled_from(["", "[]", "[key=v]"])).map("".join)


@given(st.lists(steps, min_size=1, max_size=4).map(".".join), st.text(min_size=1) | st.integers())
def test_what_is_written_at_a_path_is_read_at_it(text, value):
    path = Path.parse(text)
    target = {}
    assert str(path) == text
    if path.steps[-1].where is None and path.write(target, value):
        assert [found for _, found in path.read(target)] == [value]
