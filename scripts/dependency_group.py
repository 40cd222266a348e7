"""Prints the requirements of a group in pyproject.toml, for a pip older than 25.1.

    python scripts/dependency_group.py dev > requirements.txt

Needs nothing but pip: Python 3.10 has no tomllib, and pip brings a copy of tomli with it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

toml = import_module("tomllib" if sys.version_info >= (3, 11) else "pip._vendor.tomli")
pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
groups = toml.loads(pyproject.read_text(encoding="utf-8"))["dependency-groups"]
print("\n".join(groups[sys.argv[1]]))
