"""One contract for every embedder: unit vectors, one per text, that lie near where meanings do."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from catalog.engines.nearness import measure
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.sentence_transformers import SentenceTransformersEmbedder
from catalog.errors import EngineUnavailableError
from catalog.ports import Embedder

MODEL = "TEST_SENTENCE_TRANSFORMERS_MODEL"


def sentence_transformers() -> Embedder:
    model = os.environ.get(MODEL)
    if not model:
        pytest.fail(f"Set {MODEL} to the name or folder of a model, and install spacecat[sentence-transformers].")
    return SentenceTransformersEmbedder(model)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SentenceEncoder, id="sentence-encoder"),
        pytest.param(sentence_transformers, id="sentence-transformers", marks=pytest.mark.engines),
    ],
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    opened: Callable[[], Embedder] = request.param
    return opened()


def test_each_text_has_a_vector_of_length_1(embedder: Embedder) -> None:
    vectors = embedder.embed(["battery", "电池碳足迹", "x" * 10_000, "🔋", "مرحبا"])
    assert vectors.shape == (5, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)


def test_empty_texts_have_no_direction(embedder: Embedder) -> None:
    vectors = embedder.embed(["", " \n", "battery"])
    assert not vectors[:2].any()
    assert vectors[2].any()
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    texts = ["air quality", "bus ridership by line and hour", "battery"]
    together = embedder.embed(texts)
    apart = np.vstack([embedder.embed([text]) for text in texts])
    assert together == pytest.approx(apart, abs=1e-3)


def test_what_means_the_same_is_nearer_than_what_does_not(embedder: Embedder) -> None:
    query = embedder.embed(["How many passengers take the bus?"])[0]
    near, far = embedder.embed(["Bus ridership by line and hour", "Wholesale prices of wheat and maize"])
    assert query @ near > query @ far + 0.1


def test_its_scale_puts_matches_above_what_is_unrelated(embedder: Embedder) -> None:
    scale = measure(embedder)
    assert -1 < scale.floor < scale.entry < scale.match <= 1
    assert scale.strength(scale.match, 0.0) == pytest.approx(1)
    assert scale.strength(scale.floor, 0.0) == 0


def test_the_model_has_a_name_that_tells_it_from_others(embedder: Embedder) -> None:
    assert len(embedder.model) > 5


def test_the_default_embedder_joins_chinese_and_english() -> None:
    embedder = SentenceEncoder()
    zh = embedder.embed(["空气质量监测", "电池回收", "小学招生", "地震目录", "公交客流"])
    en = embedder.embed(
        [
            "air quality monitoring",
            "battery recycling",
            "primary school enrolment",
            "earthquake catalogue",
            "bus ridership",
        ]
    )
    assert (zh @ en.T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert (en @ zh.T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_a_model_that_is_not_there_is_an_unavailable_engine() -> None:
    with pytest.raises(EngineUnavailableError) as raised:
        SentenceTransformersEmbedder("/no/such/model").embed(["battery"])
    assert raised.value.code == "embedder-unavailable"
