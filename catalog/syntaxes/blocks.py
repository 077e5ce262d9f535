"""A file for parsers that is made of blocks, so that each block can be looked at before it is parsed."""

from __future__ import annotations

from collections.abc import Callable
from io import RawIOBase
from typing import IO, cast

BLOCK_BYTES = 1 << 16


class _Blocks(RawIOBase):
    def __init__(self, next_block: Callable[[], bytes]) -> None:
        self._next_block = next_block
        self._pending = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes: the parser's buffer holds no more."""
        if not self._pending:
            self._pending = memoryview(self._next_block())
        size = len(self._pending) if size < 0 else size
        data, self._pending = bytes(self._pending[:size]), self._pending[size:]
        return data


def as_file(next_block: Callable[[], bytes]) -> IO[bytes]:
    """Return a file that reads the blocks ``next_block`` returns, until it returns an empty one."""
    return cast(IO[bytes], _Blocks(next_block))
