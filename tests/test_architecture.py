"""ARCHITECTURE.md speaks of what is there, and the rooms keep their size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`(src/assay[^`\s<]*|tests/[^`\s]*|docs/[^`\s]*)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_named_paths_exist(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_room_is_named() -> None:
    rooms = {p.name for p in (ROOT / "src/assay").iterdir() if (p / "__init__.py").exists()}
    missing = {room for room in rooms if f"src/assay/{room}/" not in TEXT}
    assert not missing


@pytest.mark.parametrize("room", re.findall(r"^\| `(src/assay/\w+/)` \| (.*) \|$", TEXT, re.M))
def test_files_named_beside_a_room_exist(room: tuple[str, str]) -> None:
    folder, said = room
    for name in set(re.findall(r"`(\w+\.py)`", said)) - {"env.py"}:
        assert (ROOT / folder / name).exists(), f"{folder}{name}"
