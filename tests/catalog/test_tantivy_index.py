"""The embedded index on its own: crashes, versions, and vectors that are made once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.synthetic import iter_changes
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.sentence_transformers import SentenceTransformersEmbedder
from catalog.engines.tantivy import TantivyIndex
from catalog.engines.tantivy_schema import VERSION
from catalog.errors import EngineUnavailableError
from catalog.model import Audience
from catalog.ports import SearchRequest
from tests.catalog.index_writer import MOST
from tests.contract.search_records import change, small_catalogue
from tests.contract.test_search_index import complete, find


class CountingEncoder(SentenceEncoder):
    """The default embedder, with a note of every text that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().embed(texts)


def killed_after(folder: Path, seconds: float, vectors: str) -> int:
    """Run the writer, kill it, and return the last sequence number that it acknowledged."""
    command = [sys.executable, "-m", "tests.catalog.index_writer", str(folder), vectors]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    return int([line for line in lines if line.endswith("\n")][-1])


@pytest.mark.parametrize("vectors", ["words", "vectors"])
def test_a_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path, vectors: str) -> None:
    source = random.Random(vectors)
    changes = list(iter_changes(MOST))
    for _ in range(4):
        acknowledged = killed_after(tmp_path, source.uniform(0.05, 0.8), vectors)
        index = TantivyIndex(tmp_path)
        position = index.position()
        assert acknowledged <= position <= acknowledged + 1
        assert index.progress().records == position
        listed = index.search(Audience.OPERATORS, SearchRequest(changes[position - 1].record.iri, size=1))
        assert listed.hits[0].graph == changes[position - 1].record.graph
        index.close()
    if vectors == "vectors":
        index = TantivyIndex(tmp_path, SentenceEncoder())
        complete(index)
        hit = index.search(Audience.OPERATORS, SearchRequest("电池", mode="vector", size=1)).hits[0]
        assert hit.reasons[0].kind == "meaning"
        index.close()


def test_another_version_begins_at_position_0_and_cleans_up(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.apply(small_catalogue())
    index.close()
    (version,) = tmp_path.glob("generation-*/version")
    version.write_text(VERSION + "-older", encoding="utf-8")
    index = TantivyIndex(tmp_path)
    assert index.position() == 0
    index.rebuild(iter([small_catalogue()]))
    assert index.position() == 9
    assert len(list(tmp_path.glob("generation-*"))) == 1
    index.close()


def test_a_text_is_embedded_once(tmp_path: Path) -> None:
    first = CountingEncoder()
    index = TantivyIndex(tmp_path, first)
    index.apply(small_catalogue())
    complete(index)
    made = len(first.texts)
    index.rebuild(iter([small_catalogue()]))
    index.apply([change(10, "copy", {"en": "Bus ridership by line and hour"})])
    index.apply([change(11, "copy2", {"en": "Bus ridership by line and hour"})])
    complete(index)
    assert len(first.texts) == made + 1
    index.close()
    second = CountingEncoder()
    index = TantivyIndex(tmp_path, second)
    assert find(index, "公交客流量", mode="vector")[0] in {"buses", "copy", "copy2"}
    complete(index)
    assert not [text for text in second.texts if "ridership" in text and "hour" in text]
    index.close()


def test_half_a_vector_at_the_end_of_the_file_is_cut_off(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path, SentenceEncoder())
    index.apply(small_catalogue())
    complete(index)
    index.close()
    (file,) = tmp_path.glob("*.vectors")
    file.write_bytes(file.read_bytes()[:-100])
    index = TantivyIndex(tmp_path, SentenceEncoder())
    complete(index)
    assert find(index, "公交客流量", mode="vector")[0] == "buses"
    assert file.stat().st_size == 9 * (8 + 512)
    index.close()


def test_without_an_embedder_search_is_by_words(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.apply(small_catalogue())
    assert index.progress().vectors_missing == 0
    assert find(index, "battery footprint")[0] == "footprint"
    assert index.similar(Audience.PUBLIC, small_catalogue()[2].record.graph) == []
    index.close()


def test_a_model_that_cannot_be_loaded_leaves_search_by_words(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path, SentenceTransformersEmbedder("/no/such/model"))
    index.apply(small_catalogue())
    assert find(index, "battery footprint")[0] == "footprint"
    assert index.progress().vectors_missing == 9
    with pytest.raises(EngineUnavailableError) as raised:
        find(index, "battery", mode="vector")
    assert raised.value.code == "embedder-unavailable"
    index.close()


def test_a_second_process_may_read_but_not_write(tmp_path: Path) -> None:
    one = TantivyIndex(tmp_path)
    one.apply(small_catalogue())
    other = TantivyIndex(tmp_path)
    assert other.position() == 9
    with pytest.raises(EngineUnavailableError) as raised:
        other.apply([change(10, "late", {"en": "Late"})])
    assert raised.value.code == "index-in-use"
    other.close()
    one.close()
