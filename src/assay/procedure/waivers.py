"""What waivers were given for: ``.assay/waivers.json``, kept in git beside the receipts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from assay.errors import UsageError
from assay.procedure.state import set_up_folder
from assay.review.bonds import Bond

__all__ = ["bonds_of", "remember_bonds"]

Bonds = Mapping[str, Bond]


def bonds_of(folder: Path, revision: str) -> Bonds:
    """What the waivers of a revision were given for, as far as it is known.

    :raises UsageError: the file was damaged.
    """
    return _load(folder).get(revision, {})


def remember_bonds(folder: Path, revision: str, bonds: Bonds) -> None:
    """Keep what the waivers of a revision are for; those that are gone are forgotten."""
    known = _load(folder)
    if dict(known.get(revision, {})) == dict(bonds):
        return
    known[revision] = bonds
    set_up_folder(folder)
    document = {
        name: {key: bond.to_json() for key, bond in sorted(found.items())}
        for name, found in sorted(known.items())
        if found
    }
    _path(folder).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _path(folder: Path) -> Path:
    return folder / "waivers.json"


def _load(folder: Path) -> dict[str, Bonds]:
    try:
        document = json.loads(_path(folder).read_text(encoding="utf-8"))
        return {
            revision: {key: Bond.from_json(found) for key, found in waivers.items()}
            for revision, waivers in document.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"What waivers were given for cannot be read: {error}",
            where=str(_path(folder)),
            next_step="Take the file from git, or remove it: waivers then hold for what they cover now.",
        ) from error
