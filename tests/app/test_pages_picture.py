"""The neighbours' picture: nothing overlaps, nothing leaves the frame, what is left out is counted."""

from hypothesis import given
from hypothesis import strategies as st

from app.pages.picture import WIDTH, Box, Link, draw

CENTRE = Link("", True, "中心 centre", "", "dataset", "dataset", "/c", "urn:c")
links = st.lists(
    st.builds(
        Link,
        relation=st.sampled_from(["provided by", "主题", "needs", "serves", "used in", "lists"]),
        outgoing=st.booleans(),
        name=st.text(max_size=90),
        language=st.just(""),
        kind=st.sampled_from(["dataset", "term"]),
        kind_name=st.just("kind"),
        href=st.just("/x"),
        iri=st.just("urn:x"),
        pictured=st.booleans(),
    ),
    max_size=60,
)


@given(links)
def test_boxes_stay_in_the_frame_and_apart(found: list[Link]) -> None:
    picture = draw(CENTRE, found)
    boxes = [picture.centre, *picture.boxes]
    for place, box in enumerate(boxes):
        assert 0 <= box.x <= box.x + box.width <= WIDTH == picture.width
        assert 0 <= box.y <= box.y + box.height <= picture.height
        assert not any(overlap(box, other) for other in boxes[place + 1 :])


@given(links)
def test_what_is_not_drawn_is_counted(found: list[Link]) -> None:
    picture = draw(CENTRE, found)
    assert len(picture.boxes) + picture.left_out == len(found)
    assert len(picture.edges) == len(picture.boxes)
    assert all(label.before or label.after for label in picture.labels)


def test_a_long_name_takes_two_lines_and_then_an_ellipsis() -> None:
    link = Link("needs", True, "carbon " * 40, "", "dataset", "dataset", "/x", "urn:x")
    (box,) = draw(CENTRE, [link]).boxes
    assert len(box.lines) == 2
    assert box.lines[-1].endswith("…")


def test_a_chinese_name_breaks_between_characters() -> None:
    link = Link(
        "needs", True, "动力电池单体碳足迹核算数据与全生命周期评价结果", "zh", "dataset", "dataset", "/x", "urn:x"
    )
    (box,) = draw(CENTRE, [link]).boxes
    assert "".join(box.lines) == link.name


def test_a_big_relation_leaves_room_for_the_others() -> None:
    many = [Link("provides", False, f"d{n}", "", "dataset", "dataset", "/x", "urn:x") for n in range(30)]
    few = [Link("sets terms for", False, "t", "", "policy", "policy", "/x", "urn:x")]
    labels = {label.text: label.left_out for label in draw(CENTRE, many + few).labels}
    assert labels == {"provides": 25, "sets terms for": 0}


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
