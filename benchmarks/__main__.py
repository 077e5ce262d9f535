"""Runs every benchmark, one after the other, each in a process of its own: ``python -m benchmarks --records 10000``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Return how many benchmarks failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    options = parser.parse_args()
    failed = 0
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n## {path.stem.removeprefix('bench_')}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{path.stem}", "--records", str(options.records)]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
