"""Functions that workers run in the tests; each stands for what strangers' input can do to a process."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any

from pyoxigraph import RdfFormat, Store

from catalog.errors import SyntaxInvalidError
from catalog.workers import Replies


def echo(request: Any, replies: Replies) -> None:
    replies.send(request)


def count(request: int, replies: Replies) -> None:
    """Reply with so many numbers, each after a tenth of a second of work."""
    for number in range(request):
        time.sleep(0.1)
        replies.send(number)


def send_large(request: int, replies: Replies) -> None:
    """Reply with so many messages larger than any pipe."""
    for _ in range(request):
        replies.send(b"x" * (3 << 20))


def stream(request: int, replies: Replies) -> None:
    replies.send("text/plain")
    for _ in range(request):
        replies.write(b"0123456789" * 100)


def misbehave(request: str, replies: Replies) -> None:
    replies.send(os.getpid())
    replies.flush()
    {
        "spin": _spin,
        "fill": lambda: bytearray(1 << 34),
        "fill in Rust": lambda: Store().load(b"<s:> <p:> '" + b"x" * (1 << 29) + b"' .", format=RdfFormat.TURTLE),
        "overflow": lambda: ctypes.string_at(0),
        "refuse": _refuse,
        "fail": lambda: 1 // 0,
        "exit": lambda: os._exit(3),
        "print": lambda: print("noise"),
        "wait": lambda: time.sleep(0.7),
    }[request]()
    replies.send("done")


def _spin() -> None:
    while True:
        pass


def _refuse() -> None:
    raise SyntaxInvalidError("query-syntax", where="line 1", detail="odd")
