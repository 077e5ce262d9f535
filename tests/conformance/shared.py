"""Where the public suites and real catalogues lie: ``TEST_SHARED``, else ``../shared`` beside the checkout."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("TEST_SHARED") or Path(__file__).parents[3] / "shared")


def require_shared(path: str) -> Path:
    """Return a path below the shared folder, or fail saying how to provide it."""
    place = SHARED / path
    if not place.exists():
        raise AssertionError(f"{place} is missing: set TEST_SHARED to the folder that holds data/ and conformance/")
    return place
