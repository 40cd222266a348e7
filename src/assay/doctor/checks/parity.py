"""The tests hold the models against the chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.doctor.check import Check
from assay.doctor.examined import Examined
from assay.doctor.finding import Finding
from assay.doctor.sources import is_test, python_files

__all__ = ["CHECK"]

PYTEST_FILES = ("pyproject.toml", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")


def _look(examined: Examined) -> Iterator[Finding]:
    root = examined.settings.root
    for path in python_files(root):
        if is_test(root, path) and "assert_schema_parity" in _text(path):
            return
    if any("--assay" in _text(root / name) for name in PYTEST_FILES):
        return
    yield Finding.mistake(
        "There is no parity test: nothing stops a change of the models without a revision.",
        "tests/",
        "Add tests/integration/test_schema_parity.py (`assay init --adopt` writes it): a test that "
        "calls assay.testing.assert_schema_parity().",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


CHECK = Check("parity", 120, "A test holds the models against the chain.", _look)
