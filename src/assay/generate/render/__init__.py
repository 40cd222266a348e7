"""What Alembic's renderers write of columns, types, defaults and CHECKs, made exact.

By Alembic's public path, the ``render_item`` option. What is written is run before it is taken: the
text is evaluated with the imports that the revision will have, and its DDL compared with that of
the original.
"""

from __future__ import annotations

from assay.generate.render.hook import (
    exact_expressions,
    render_column,
    render_constraint,
    render_type,
    rendering_of,
)
from assay.generate.render.sql_text import render_text

__all__ = [
    "exact_expressions",
    "render_column",
    "render_constraint",
    "render_text",
    "render_type",
    "rendering_of",
]
