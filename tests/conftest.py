"""Fixtures that several rooms' tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public tables and images, named by DERMLAB_DATA; skipped where absent."""
    folder = os.environ.get("DERMLAB_DATA")
    if not folder:
        pytest.skip("DERMLAB_DATA names no folder of real data")
    return Path(folder)
