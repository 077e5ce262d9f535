"""Processes that die at their limit, and a pool that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import (
    EngineFailedError,
    EngineUnavailableError,
    LimitExceededError,
    SpacecatError,
    SyntaxInvalidError,
)
from catalog.workers import Bounds, WorkerPool

FUNCTIONS = "tests.catalog.worker_functions"
AMPLE = Bounds(20.0, 1 << 30)


@pytest.fixture
def pools() -> Iterator[dict[str, WorkerPool]]:
    opened: dict[str, WorkerPool] = {}

    class Pools(dict[str, WorkerPool]):
        def __missing__(self, name: str) -> WorkerPool:
            opened[name] = self[name] = WorkerPool(f"{FUNCTIONS}:{name}", 2)
            return opened[name]

    yield Pools()
    for pool in opened.values():
        pool.close()


def process_ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def outcome(pool: WorkerPool, request: object, bounds: Bounds = AMPLE) -> SpacecatError:
    return error_of(pool.call(request, bounds))


def error_of(replies: Iterator[object]) -> SpacecatError:
    with pytest.raises(SpacecatError) as raised:
        list(replies)
    return raised.value


def test_messages_and_bytes_come_back_as_they_were(pools: dict[str, WorkerPool]) -> None:
    for message in ("电池", {"a": (1, None)}, b"\x00" * 3_000_000, ""):
        assert list(pools["echo"].call(message, AMPLE)) == [message]
    media_type, *chunks = pools["stream"].call(5000, AMPLE)
    assert media_type == "text/plain"
    assert b"".join(chunks) == b"0123456789" * 500_000
    assert max(map(len, chunks)) >= 1 << 16


@pytest.mark.parametrize(
    ("deed", "bounds", "kind", "code"),
    [
        ("spin", Bounds(0.3, 1 << 30), LimitExceededError, "time-limit"),
        ("wait", Bounds(0.3, 1 << 30), LimitExceededError, "time-limit"),
        ("fill", AMPLE, LimitExceededError, "memory-limit"),
        ("fill in Rust", AMPLE, LimitExceededError, "memory-limit"),
        ("overflow", AMPLE, LimitExceededError, "depth-limit"),
        ("refuse", AMPLE, SyntaxInvalidError, "query-syntax"),
        ("fail", AMPLE, EngineFailedError, "worker-failed"),
        ("exit", AMPLE, EngineFailedError, "worker-died"),
    ],
)
def test_each_end_has_its_error_and_the_pool_goes_on(
    pools: dict[str, WorkerPool], deed: str, bounds: Bounds, kind: type[SpacecatError], code: str
) -> None:
    pool = pools["misbehave"]
    error = outcome(pool, deed, bounds)
    assert (type(error), error.code) == (kind, code)
    assert list(pool.call("print", AMPLE))[1:] == ["done"]


def test_the_time_limit_ends_the_process_promptly(pools: dict[str, WorkerPool]) -> None:
    pool = pools["misbehave"]
    pool.warm()
    started = time.monotonic()
    replies = pool.call("spin", Bounds(0.5, 1 << 30))
    pid = next(replies)
    with pytest.raises(LimitExceededError):
        next(replies)
    assert time.monotonic() - started < 1.0
    assert process_ends(pid)


def test_a_reader_who_leaves_frees_the_worker(pools: dict[str, WorkerPool]) -> None:
    pool = pools["misbehave"]
    replies = pool.call("spin", AMPLE)
    pid = next(replies)
    replies.close()  # type: ignore[attr-defined]
    assert process_ends(pid)


def test_time_per_reply_leaves_out_the_wait_for_the_reader(pools: dict[str, WorkerPool]) -> None:
    assert list(pools["count"].call(6, Bounds(0.4, 1 << 30, per_reply=True))) == list(range(6))
    assert outcome(pools["count"], 6, Bounds(0.4, 1 << 30)).code == "time-limit"
    slow_reader = pools["count"].call(3, Bounds(0.4, 1 << 30, per_reply=True))
    next(slow_reader)
    time.sleep(0.6)
    assert list(slow_reader) == [1, 2]


def test_time_per_reply_leaves_out_the_wait_while_a_large_reply_fills_the_pipe(pools: dict[str, WorkerPool]) -> None:
    slow_reader = pools["send_large"].call(2, Bounds(0.4, 1 << 30, per_reply=True))
    next(slow_reader)
    time.sleep(0.8)
    assert len(next(slow_reader)) == 3 << 20
    assert list(slow_reader) == []


def test_many_threads_share_a_pool(pools: dict[str, WorkerPool]) -> None:
    answers: list[object] = []

    def ask(number: int) -> None:
        for turn in range(20):
            answers.extend(pools["echo"].call((number, turn), AMPLE))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(number, turn) for number in range(8) for turn in range(20)]  # type: ignore[type-var]


def test_slow_requests_make_room_for_quick_ones() -> None:
    pool = WorkerPool(f"{FUNCTIONS}:misbehave", 1, slow_after_s=0.1, slow_places=2)
    try:
        slow = [pool.call("spin", AMPLE) for _ in range(2)]
        pids = [next(replies) for replies in slow]
        assert list(pool.call("print", AMPLE))[1:] == ["done"]
        assert list(pool.call("wait", AMPLE))[1:] == ["done"]
        assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in pids] == [15, 15]
    finally:
        pool.close()


def test_readers_who_stall_hold_no_place_longer_than_their_request_may_take() -> None:
    pool = WorkerPool(f"{FUNCTIONS}:misbehave", 1, slow_after_s=0.1, slow_places=1)
    try:
        stalled = [pool.call("spin", Bounds(0.5, 1 << 30)) for _ in range(2)]
        for replies in stalled:
            next(replies)  # and nothing more is read
        assert list(pool.call("print", AMPLE))[1:] == ["done"]
        assert [error_of(replies).code for replies in stalled] == ["time-limit", "time-limit"]
        assert list(pool.call("print", AMPLE))[1:] == ["done"]
    finally:
        pool.close()


def test_a_full_pool_says_so_in_time(pools: dict[str, WorkerPool]) -> None:
    pool = pools["misbehave"]
    busy = [pool.call("spin", AMPLE) for _ in range(2)]
    for replies in busy:
        next(replies)
    error = outcome(pool, "print", Bounds(0.2, 1 << 30))
    assert (type(error), error.code) == (EngineUnavailableError, "workers-busy")


def test_closing_ends_what_runs() -> None:
    pool = WorkerPool(f"{FUNCTIONS}:misbehave", 1)
    replies = pool.call("spin", AMPLE)
    pid = next(replies)
    pool.close()
    with pytest.raises(EngineUnavailableError):
        next(replies)
    assert process_ends(pid)


def test_workers_end_after_their_parent_was_killed() -> None:
    code = f"""
import os, signal
from catalog.workers import Bounds, WorkerPool
pool = WorkerPool("{FUNCTIONS}:misbehave", 2)
busy, idle = pool.call("spin", Bounds(1.0, 1 << 30)), pool.call("print", Bounds(1.0, 1 << 30))
print(next(busy), next(idle), flush=True)
list(idle)
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert all(process_ends(int(pid)) for pid in ran.stdout.split())


def test_a_function_that_cannot_be_loaded_is_an_engine_failure() -> None:
    pool = WorkerPool("catalog.no_such_module:function", 1)
    try:
        error = outcome(pool, b"x" * 1_000_000)
        assert isinstance(error, EngineFailedError)
        assert "no_such_module" in str(error.params["detail"])
    finally:
        pool.close()
