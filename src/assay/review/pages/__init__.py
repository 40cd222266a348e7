"""The page of each rule, with real traces of its examples; written by ``scripts/rule_pages.py``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FOLDER", "page_of", "page_path"]

FOLDER = Path(__file__).parent


def page_path(code: str) -> Path:
    """Where the page of a rule is."""
    return FOLDER / f"{code}.md"


def page_of(code: str) -> str | None:
    """The page of a rule as Markdown; None for a rule of a project's own."""
    path = page_path(code)
    return path.read_text(encoding="utf-8") if path.is_file() else None
