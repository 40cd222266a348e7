"""What Alembic's entry point ``alembic.plugins`` names; loaded by every ``import alembic``.

So it imports nothing but the standard library: where Assay is only installed, and not named in
``autogenerate_plugins``, Alembic starts as fast and does the same as without it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


class _EntryPoint(ModuleType):
    """A module that can be iterated: Alembic 1.18.0 to 1.20.0 loop over what they load.

    1.20.1 takes a module, as the documentation always said, and warns of anything else.
    """

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _EntryPoint


def setup(plugin: Plugin) -> None:
    """Register with Alembic, under whatever name the plugin has there."""
    from alembic.util import DispatchPriority

    plugin.add_autogenerate_comparator(
        _compare, "autogenerate", "assay", priority=DispatchPriority.LAST
    )


def _compare(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> Any:
    from assay.generate.plugin import compare_catalogs

    return compare_catalogs(context, upgrade_ops)
