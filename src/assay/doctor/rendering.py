"""A revision for all models, as Alembic would write it; no file is made in the project."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.doctor.check import NotLookedAt
from assay.errors import UsageError
from assay.project.failures import describe, short

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from assay.doctor.examined import Examined

__all__ = ["render_all_models"]


class _Catcher:
    """A script directory that renders ``script.py.mako`` and keeps the text."""

    def __init__(self, script: Any) -> None:
        self.script = script
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.script, name)

    def generate_revision(self, revid: str, message: str | None, **arguments: Any) -> None:
        """What Alembic calls instead of the real one."""
        from alembic.util import format_as_comma
        from mako.template import Template  # type: ignore[import-untyped,unused-ignore]

        for name in ("refresh", "head", "splice", "version_path", "file_template"):
            arguments.pop(name, None)
        given = {
            "branch_labels": None,
            "depends_on": None,
            **arguments,
            "up_revision": revid,
            "down_revision": None,
            "create_date": datetime.now(timezone.utc),
            "comma": format_as_comma,
            "message": message or "empty message",
        }
        path = Path(self.script.dir, "script.py.mako")
        try:
            self.texts.append(str(Template(filename=str(path)).render_unicode(**given)))
        except Exception as error:
            raise UsageError(
                f"script.py.mako cannot be rendered: {describe(error)}", where=short(str(path))
            ) from error


def render_all_models(examined: Examined) -> str:
    """The revision that makes all tables, rendered with the project's options and template.

    :raises NotLookedAt: ``env.py`` gives no models, or suppresses revisions.
    :raises UsageError: Alembic or the template fails.
    """
    from alembic.autogenerate.api import RevisionContext

    if not examined.metadatas:
        raise NotLookedAt("env.py gives no models to Alembic")
    history = examined.history
    catcher: Any = _Catcher(history.script)
    context = RevisionContext(
        examined.project.config,
        catcher,
        {
            "message": None,
            "autogenerate": True,
            "sql": False,
            "head": "head",
            "splice": False,
            "branch_label": None,
            "version_path": None,
            "rev_id": None,
            "depends_on": None,
        },
    )

    def work(_heads: tuple[str, ...], migration_context: MigrationContext) -> list[Any]:
        # an empty shadow, said to be at head: everything is new
        context.run_autogenerate(tuple(history.script.get_heads()), migration_context)
        return []

    at = examined.fresh()
    try:
        examined.run(
            work,
            at,
            template_args=context.template_args,
            revision_context=context,
            as_sql=False,
            dont_mutate=True,
        )
    finally:
        examined.shadows.drop(at)
    list(context.generate_scripts())
    if not catcher.texts:
        raise NotLookedAt("env.py's process_revision_directives leaves no revision to look at")
    return str(catcher.texts[0])
