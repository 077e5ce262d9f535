"""Processes that parse, query and validate for strangers, and die at their limit.

A worker is a fresh Python process (never a fork: no lock, file or secret of ours comes along) that runs one function
of ours, request after request. What a stranger sends can crash or fill the process that reads it, and no engine ends
a query when told to, so each request is bounded by the kernel: ``RLIMIT_DATA`` caps memory, and an interval timer
whose signal nobody handles ends the process, even after its parent is gone. ``docs/adr/0003-killable-workers.md``.

Protocol: frames of one kind byte and a length, then pickled messages of our own or raw bytes.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from catalog.errors import EngineFailedError, EngineUnavailableError, LimitExceededError, SpacecatError

log = logging.getLogger(__name__)

_HEAD = struct.Struct("<cQ")
_RAW, _MESSAGE, _END, _REFUSED, _FAILED = b"R", b"M", b"E", b"X", b"F"
_SLOW_NICENESS = 15
_YOUNG_S = 0.02
_VERY_SLOW = 10
_PRESSED_S = 60.0
_GRACE_S = 0.1
_GREETING_S = 5.0
_READ_BYTES = 1 << 16
_FRAME_BYTES = 1 << 17
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which the fcntl module names only on Linux


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may use.

    ``time_s`` is wall-clock time: of the whole request, waiting for a worker included, or with ``per_reply`` of the
    work up to each reply, which leaves out waiting for a slow reader.
    """

    time_s: float
    memory_bytes: int
    per_reply: bool = False


class Replies(Protocol):
    """Where a worker's function puts its answer."""

    def send(self, message: object) -> None:
        """Send one message, anything that pickles; it leaves with the next full frame or at the end."""

    def write(self, data: bytes) -> int:
        """Send raw bytes, gathered into large frames; this makes it a file for serialisers."""

    def flush(self) -> None:
        """Hand over now what was gathered."""


Function = Callable[[Any, Replies], None]
"""What a worker runs: takes a request and puts replies; raises ``SpacecatError`` to refuse."""


# In the worker


class _Outlet:
    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._pieces: list[bytes] = []
        self._size = 0
        self.bounds = Bounds(0.0, 0)

    def send(self, message: object) -> None:
        payload = pickle.dumps(message, protocol=5)
        if self.bounds.per_reply:  # a frame larger than the pipe waits for the reader already when it is written
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._frame(_MESSAGE, payload)
        if self.bounds.per_reply:
            self.flush()

    def write(self, data: bytes) -> int:
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= _FRAME_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        self._gather()
        if self.bounds.per_reply:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._pipe.flush()
        if self.bounds.per_reply:
            signal.setitimer(signal.ITIMER_REAL, self.bounds.time_s)

    def finish(self, kind: bytes, message: object = None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._frame(kind, b"" if message is None else pickle.dumps(message, protocol=5))
        self._pipe.flush()

    def _gather(self) -> None:
        if self._pieces:
            data = b"".join(self._pieces)
            self._pieces.clear()
            self._size = 0
            self._pipe.write(_HEAD.pack(_RAW, len(data)))
            self._pipe.write(data)

    def _frame(self, kind: bytes, payload: bytes) -> None:
        self._gather()
        self._pipe.write(_HEAD.pack(kind, len(payload)) + payload)


def serve(target: str) -> None:
    """Run ``module:function`` for each request on standard input, until that ends. The entry point of a worker."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests = os.fdopen(os.dup(0), "rb")
    outlet = _Outlet(os.fdopen(os.dup(1), "wb", _FRAME_BYTES))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # a stray print must not break the frames
    module, _, name = target.partition(":")
    function: Function = getattr(importlib.import_module(module), name)
    while head := requests.read(_HEAD.size):
        payload = requests.read(_HEAD.unpack(head)[1])
        _answer(function, payload, outlet)


def _answer(function: Function, payload: bytes, outlet: _Outlet) -> None:
    limits, deadline, request = pickle.loads(payload)  # noqa: S301 - written by our own parent process
    outlet.bounds = bounds = Bounds(*limits)
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (bounds.memory_bytes, hard))
    # The monotonic clock is one for all processes, so waiting for a place and starting count too.
    left = bounds.time_s if bounds.per_reply else max(deadline - time.monotonic(), 0.001)
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        function(request, outlet)
    except SpacecatError as error:
        outlet.finish(_REFUSED, error)
    except MemoryError:
        outlet.finish(_REFUSED, _memory_error(bounds))
    except Exception:  # noqa: BLE001 - the process's edge: the parent reports it
        outlet.finish(_FAILED, traceback.format_exc())
    else:
        outlet.finish(_END)


# In the parent


def _memory_error(bounds: Bounds) -> LimitExceededError:
    return LimitExceededError("memory-limit", limit="memory", value=bounds.memory_bytes)


def _time_error(bounds: Bounds) -> LimitExceededError:
    return LimitExceededError("time-limit", limit="time", value=bounds.time_s)


def _failure(trace: str) -> EngineFailedError:
    """Keep the trace for the operator: whoever asked is told what failed, not where our files lie."""
    log.error("a worker failed: %s", trace)
    return EngineFailedError("worker-failed", detail=_last_line(trace))


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    ours = {
        "PYTHONPATH": root + (os.pathsep + known if known else ""),
        # A backtrace of the engine takes seconds, and pushes what killed the process out of its last words.
        "RUST_BACKTRACE": "0",
        # Engines allocate a lot and free it soon; glibc keeps 7 such pieces of each size at hand. Queries gain 5 %.
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000",
    }
    return ours | os.environ | {"PYTHONPATH": ours["PYTHONPATH"], "RUST_BACKTRACE": "0"}


class _Worker:
    """One process as its parent sees it. Used by one thread at a time."""

    def __init__(self, target: str) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        code = f"from catalog.workers import serve; serve({target!r})"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=_environment(),
                bufsize=0,
            )
        except OSError as error:
            self._stderr.close()
            raise EngineUnavailableError("worker-not-started", detail=str(error)) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _enlarge(self._process.stdout)
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._pending = b""
        self._readable = select.poll()
        self._readable.register(self._replies, select.POLLIN)
        self.since = 0.0
        self._deadline = 0.0
        self.gave_way = False
        self.gave_all = False
        self.stopped = False

    def ask(self, request: object, bounds: Bounds, deadline: float) -> bool:
        """Send a request; ``False`` where the process had died before it could take one."""
        self.since, self._deadline = time.monotonic(), deadline
        limits = bounds.time_s, bounds.memory_bytes, bounds.per_reply
        payload = pickle.dumps((limits, deadline, request), protocol=5)
        rest = memoryview(_HEAD.pack(_MESSAGE, len(payload)) + payload)
        try:
            while rest:
                rest = rest[self._requests.write(rest) :]
        except BrokenPipeError:
            return False
        return True

    def reply(self, bounds: Bounds) -> tuple[bytes, bytes]:
        """Return the kind and content of the next frame. Raises for a death what caused it."""
        head = self._read(_HEAD.size, bounds)
        kind, size = _HEAD.unpack(head)
        return kind, self._read(size, bounds)

    def _read(self, size: int, bounds: Bounds) -> bytes:
        pieces, missing = [self._pending], size - len(self._pending)
        while missing > 0:
            piece = self._more(max(missing, _READ_BYTES), bounds)
            pieces.append(piece)
            missing -= len(piece)
        data = b"".join(pieces) if len(pieces) > 1 else self._pending
        self._pending = data[size:]
        return data[:size] if missing else data

    def _more(self, most: int, bounds: Bounds) -> bytes:
        """Wait for bytes, no longer than the request may take: a large process needs a while to die."""
        if not bounds.per_reply:
            left = self._deadline + _GRACE_S - time.monotonic()
            if not self._readable.poll(max(left, 0.0) * 1000):
                raise _time_error(bounds)
        piece = os.read(self._replies.fileno(), most)
        if not piece:
            raise self._obituary(bounds)
        return piece

    def give_way(self) -> None:
        """Let quicker requests go first on the processor. There is no way back for the process."""
        self.gave_way = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _SLOW_NICENESS)

    def give_all(self) -> None:
        """Run only where the processor has nothing else to do."""
        self.gave_all = True
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.sched_setscheduler(self._process.pid, os.SCHED_IDLE, os.sched_param(0))

    @property
    def ended(self) -> bool:
        """Whether the process is dead."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the process while another thread may be reading from it."""
        self.stopped = True
        self.condemn()

    def condemn(self) -> None:
        """End the process, without waiting for its end."""
        self._process.kill()

    def end(self) -> None:
        """End the process and wait for its end."""
        self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        """End the process and release what belongs to it."""
        self.end()
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        self._replies.close()
        self._stderr.close()

    def _obituary(self, bounds: Bounds) -> SpacecatError:
        status = self._process.wait()
        if self.stopped:
            return EngineUnavailableError("worker-stopped")
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - 4000))
        last_words = self._stderr.read().decode(errors="replace")
        if status == -signal.SIGALRM:
            return _time_error(bounds)
        if status == -signal.SIGKILL or "memory allocation" in last_words or "bad_alloc" in last_words:
            return _memory_error(bounds)
        if status in (-signal.SIGSEGV, -signal.SIGBUS) or "overflowed its stack" in last_words:
            return LimitExceededError("depth-limit", limit="depth", value="stack")
        log.error("a worker died with status %s: %s", status, last_words.strip())
        return EngineFailedError("worker-died", status=status, detail=_last_line(last_words))


def _enlarge(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, _PIPE_BYTES)


class WorkerPool:
    """Workers for one function, warm and ready; safe to use from many threads.

    ``size`` requests run at the same time, and with ``slow_places`` so many beside them that have been at work for a
    moment: a few heavy requests do not keep the many light ones waiting. Whichever runs for ``slow_after_s`` while
    others ask gives way on the processor too, and after ten times that takes only what nobody else needs. A worker
    that was killed or gave way is replaced by a new one, which answers ``greeting()`` before others need it.
    """

    def __init__(
        self,
        target: str,
        size: int,
        *,
        slow_places: int = 0,
        slow_after_s: float = 0.1,
        greeting: Callable[[], object | None] | None = None,
    ) -> None:
        self._target = target
        self._size = size
        self._most = size + slow_places
        self._slow_after_s = slow_after_s
        self._greeting = greeting
        self._free = threading.Condition()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._dying: list[_Worker] = []
        self._starting = 0
        self._used = False
        self._pressed_until = 0.0
        self._closed = threading.Event()
        self._stir = threading.Event()
        self._tending = threading.Thread(target=self._tend, name=f"tend {target}", daemon=True)
        self._tending.start()

    def warm(self) -> None:
        """Start the workers before anybody asks."""
        with self._free:
            self._used = True
            while len(self._idle) + len(self._busy) < self._size:
                self._idle.append(_Worker(self._target))

    def call(self, request: object, bounds: Bounds) -> Iterator[Any]:
        """Run the function on ``request`` and yield its replies: messages as they were, raw bytes as ``bytes``.

        The request is taken up at the first ``next``. Closing the iterator early kills the worker.
        Raises what the function raised if it is a ``SpacecatError``; ``LimitExceededError`` for ``time-limit``,
        ``memory-limit`` and ``depth-limit`` (nesting that broke the stack); ``EngineFailedError`` for anything
        else; ``EngineUnavailableError`` when no worker came free within the request's own time.
        """
        deadline = time.monotonic() + bounds.time_s
        worker = self._acquire(bounds.time_s)
        if not worker.ask(request, bounds, deadline):  # it died while idle, which says nothing about this request
            self._release(worker, dead=True)
            worker = self._acquire(bounds.time_s)
            worker.ask(request, bounds, deadline)
        yield from self._replies(worker, bounds)

    def close(self) -> None:
        """End all workers, also those at work."""
        self._closed.set()
        self._stir.set()
        with self._free:
            idle = self._idle + self._dying
            self._idle.clear()
            self._dying.clear()
            for worker in self._busy:
                worker.stop()
            self._free.notify_all()
        for worker in idle:
            worker.kill()
        self._tending.join(_GREETING_S)

    def _replies(self, worker: _Worker, bounds: Bounds) -> Iterator[Any]:
        dead = True
        try:
            kind, payload = worker.reply(bounds)
            while kind in (_RAW, _MESSAGE):
                yield payload if kind == _RAW else pickle.loads(payload)  # noqa: S301 - written by our own child
                kind, payload = worker.reply(bounds)
            dead = kind == _FAILED
            if kind == _FAILED:
                raise _failure(pickle.loads(payload))  # noqa: S301 - our own child
            if kind == _REFUSED:
                raise pickle.loads(payload)  # noqa: S301 - our own child
        finally:
            self._release(worker, dead=dead)

    def _acquire(self, patience_s: float) -> _Worker:
        give_up = time.monotonic() + patience_s
        with self._free:
            while not self._vacant() or (self._starting and not self._idle):
                if time.monotonic() > give_up or self._closed.is_set():
                    raise EngineUnavailableError("workers-busy", workers=self._size, waited_s=patience_s)
                self._free.wait(_YOUNG_S / 2 if self._most > self._size else give_up - time.monotonic())
            if self._closed.is_set():
                raise EngineUnavailableError("worker-stopped")
            if not self._idle:
                if any(worker.gave_way for worker in self._busy):
                    self._pressed_until = time.monotonic() + _PRESSED_S
                self._idle.append(_Worker(self._target))
                self._used = True
                self._stir.set()
            worker = self._idle.pop()
            self._yield_to_new()
            worker.since = time.monotonic()
            self._busy.add(worker)
            return worker

    def _vacant(self) -> bool:
        if len(self._busy) < self._size or self._closed.is_set():
            return True
        born = time.monotonic() - _YOUNG_S
        return len(self._busy) < self._most and sum(worker.since > born for worker in self._busy) < self._size

    def _release(self, worker: _Worker, dead: bool) -> None:
        with self._free:
            closed = self._closed.is_set()
            self._busy.discard(worker)
            discard = dead or worker.gave_way or closed or len(self._idle) >= self._wanted()
            if not discard:
                self._idle.append(worker)
            elif not closed:
                worker.condemn()
                self._dying.append(worker)
                self._stir.set()
            self._free.notify()
        if closed:
            worker.kill()

    def _wanted(self) -> int:
        """How many workers should be ready: after a time when there were too few, as many as could ever be asked."""
        return self._most if time.monotonic() < self._pressed_until else self._size

    def _yield_to_new(self) -> None:
        if self._most > self._size:
            slow = time.monotonic() - self._slow_after_s
            for worker in self._busy:
                if worker.since < slow and not worker.gave_way:
                    worker.give_way()
                    self._stir.set()

    def _tend(self) -> None:
        """See to what nobody must wait for: new workers, the end of old ones, and who gives way."""
        while not self._closed.is_set():
            self._stir.wait(self._slow_after_s / 3 if self._most > self._size or self._dying else None)
            self._stir.clear()
            with self._free:
                ended = self._bury()
                self._mind_the_slow()
                missing = 0 if self._closed.is_set() else self._missing()
                self._starting = missing
            for worker in ended:
                worker.kill()
            for _ in range(missing):
                self._start()

    def _missing(self) -> int:
        lasting = len(self._idle) + sum(not worker.gave_way for worker in self._busy)
        everyone = len(self._idle) + len(self._busy)
        if not self._used:
            return 0
        return max(0, min(self._wanted() - lasting, self._most + self._size - everyone))

    def _start(self) -> None:
        worker = None
        try:
            worker = _Worker(self._target)
            self._greet(worker)
        except SpacecatError as error:
            log.warning("a worker for %s did not start well: %s", self._target, error)
            if worker is not None:
                worker.end()  # whoever is given it sees at once that it is dead
        with self._free:
            self._starting -= 1
            kept = worker is not None and not self._closed.is_set()
            if worker is not None and kept:
                self._idle.append(worker)
            self._free.notify_all()
        if worker is not None and not kept:
            worker.kill()

    def _greet(self, worker: _Worker) -> None:
        request = self._greeting() if self._greeting else None
        if request is None:
            return
        bounds = Bounds(_GREETING_S, 1 << 30)
        if worker.ask(request, bounds, time.monotonic() + bounds.time_s):
            while worker.reply(bounds)[0] in (_RAW, _MESSAGE):
                pass

    def _mind_the_slow(self) -> None:
        if self._most == self._size:
            return
        now = time.monotonic()
        for worker in self._busy:
            age = now - worker.since
            very = age > self._slow_after_s * _VERY_SLOW
            if not worker.gave_way and (very or (age > self._slow_after_s and len(self._busy) > 1)):
                worker.give_way()
            if very and not worker.gave_all:
                worker.give_all()

    def _bury(self) -> list[_Worker]:
        """Take out the dead, and free the places of workers that died unnoticed behind a reader who keeps waiting."""
        dead = {worker for worker in self._busy if worker.ended}
        self._busy -= dead
        if dead:
            self._free.notify(len(dead))
        ended = [worker for worker in self._dying if worker.ended]
        self._dying = [worker for worker in self._dying if worker not in ended]
        return ended
