"""The projects of the procedure's tests, for tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.layout import lay_out
from helpers import Laid


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    """A new SQLite project, nothing generated yet."""
    lay_out(tmp_path / "app")
    return Laid(tmp_path / "app")
