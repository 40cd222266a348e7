"""How an operation of Assay is written into a revision: ``op.name('a', key='b')``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["IMPORT", "call"]

IMPORT = "import assay.operations  # noqa: F401"
"""The import that a revision with such an operation gets."""


def call(
    context: AutogenContext,
    name: str,
    arguments: Iterable[Any] = (),
    keywords: Mapping[str, Any] | None = None,
    *,
    rendered: Iterable[str] = (),
) -> str:
    """One operation as Python text; keywords that are None or False are left out.

    :param arguments: plain values, written by ``repr``.
    :param rendered: further arguments that are Python text already, one a line.
    """
    context.imports.add(IMPORT)
    prefix = (context.opts.get("alembic_module_prefix") or "op.") + name
    plain = [repr(a) for a in arguments]
    keys = [f"{k}={v!r}" for k, v in (keywords or {}).items() if v is not None and v is not False]
    lines = list(rendered)
    if lines:
        inner = "".join(f"    {part},\n" for part in [*plain, *lines, *keys])
        return f"{prefix}(\n{inner})"
    return f"{prefix}({', '.join([*plain, *keys])})"
