"""SQL text as an argument of ``sa.text()``, which takes ``:name`` for a parameter."""

from __future__ import annotations

import re

__all__ = ["escaped", "render_text"]

# What TextClause takes for a parameter, 2.0 (with $) or 2.1 (without). SQLAlchemy source.
_PARAMETER = re.compile(
    r"(?<![:\w$\\]):(?=[\w$]+(?![:\w$]))"  # 2.0
    r"|(?<![:\w\\]):(?=\w+(?![:\w]))"  # 2.1
)
# A backslash that it takes away.
_UNESCAPED = re.compile(r"\\(?=:[\w$]*(?![:\w$])|:\w*(?![:\w]))")


def escaped(sql: str) -> str:
    """The text that ``sa.text()``, ``CheckConstraint()`` or ``Computed()`` hand on as ``sql``.

    >>> escaped("a ~ ':x' AND b = c::text")
    "a ~ '\\\\:x' AND b = c::text"
    """
    return _PARAMETER.sub(r"\:", _UNESCAPED.sub(r"\\\\", sql))


def render_text(sql: str, prefix: str = "sa.") -> str:
    """``sa.text('…')`` for SQL text that the server shall get as it stands."""
    return f"{prefix}text({escaped(sql)!r})"
