"""What shadows have in common with the real database: kept, so that proofs need not ask it again.

A table that says nothing of its collation has that of its database (MySQL, MariaDB). Shadows are
made with the real database's, or every table would differ from it. ``.assay/defaults.json`` is for
others too: their receipts are then about the same catalog.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from assay.procedure.state import set_up_folder

__all__ = ["known_defaults", "remember_defaults"]

_FILE = "defaults.json"


def known_defaults(folder: Path) -> Mapping[str, str]:
    """The defaults that were kept; empty where none were, or where the file cannot be read."""
    try:
        found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    texts = isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    return found if texts else {}


def remember_defaults(folder: Path, defaults: Mapping[str, str]) -> None:
    """Keep them for later runs."""
    if known_defaults(folder) != defaults:
        set_up_folder(folder)
        (folder / _FILE).write_text(json.dumps(defaults, indent=2) + "\n", encoding="utf-8")
