"""What parity leaves out."""

from __future__ import annotations

import pytest

from assay.catalog import CatalogObject
from assay.shadow.ignoring import ignored_by


@pytest.mark.parametrize(
    ("pattern", "kind", "key", "expected"),
    [
        ("view:v", "view", ("public", "v"), True),
        ("view:v", "table", ("public", "v"), False),
        ("v", "view", ("public", "v"), True),
        ("table:audit", "table", ("audit",), True),
        ("table:audit", "column", ("audit", "id"), True),
        ("table:audit", "index", ("public", "audit", "ix"), True),
        ("table:audit", "table", ("auditor",), False),
        ("function:*", "function", ("public", "f(integer)"), True),
        ("reporting.*", "view", ("reporting", "v"), True),
        ("reporting.*", "column", ("reporting", "t", "id"), True),
        ("column:users.nick", "column", ("public", "users", "nick"), True),
        ("column:users.nick", "column", ("public", "users", "name"), False),
    ],
)
def test_patterns(pattern: str, kind: str, key: tuple[str, ...], expected: bool) -> None:
    assert ignored_by([pattern])(CatalogObject(kind, key)) is expected
