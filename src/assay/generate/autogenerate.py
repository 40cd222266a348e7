"""Alembic's autogenerate, run on a shadow at head through the project's own ``env.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from assay.dialects import Address
from assay.errors import UsageError
from assay.generate.plan.comparison import Request
from assay.generate.plan.step import Step
from assay.generate.plugin import NAME, REQUEST, register, without_ours
from assay.generate.recipes.scripts import split, steps_of
from assay.generate.render import exact_expressions, rendering_of
from assay.generate.slots import BackfillOp, slots_in
from assay.project.compat.alembic import autogen_context, render_operations
from assay.project.environment import EnvRun
from assay.project.failures import describe, short
from assay.project.project import Project

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Dialect

__all__ = [
    "Functions",
    "Generated",
    "alembic_check",
    "generate_file",
    "planned_steps",
    "render_functions",
]


@dataclass
class Generated:
    """Revisions as Alembic wrote them, in the order they run, their slots still empty."""

    revisions: tuple[str, ...]
    paths: tuple[Path, ...]
    slots: tuple[BackfillOp, ...]
    dialect: Dialect


def _revision_context(project: Project, message: str | None, rev_id: str | None) -> Any:
    from alembic.autogenerate.api import RevisionContext

    arguments: dict[str, Any] = {
        "message": message,
        "autogenerate": True,
        "sql": False,
        "head": project.history.target or "head",
        "splice": False,
        "branch_label": None,
        "version_path": None,
        "rev_id": rev_id,
        "depends_on": None,
    }
    return RevisionContext(project.config, project.history.script, arguments)


def _autogenerate(
    project: Project,
    at: Address,
    context: Any,
    hook: Callable[[Any, list[Any]], None],
    after: Callable[[MigrationContext, Any], None] | None = None,
    request: Request | None = None,
) -> EnvRun:
    """Run Alembic's autogenerate; with a request, our plugin compares in place of Alembic."""

    def last_hook(migration_context: Any, _revision: Any, directives: list[Any]) -> None:
        hook(migration_context, directives)

    def work(_heads: Any, migration_context: MigrationContext) -> list[Any]:
        # the heads of the chain, not of the shadow: it may stand before a revision on purpose
        heads = project.history.script.get_heads()
        if request is not None:
            _ask(migration_context, request)
        else:
            options = migration_context.opts
            options["autogenerate_plugins"] = without_ours(options.get("autogenerate_plugins"))
        context.run_autogenerate(tuple(heads), migration_context)
        if after is not None:
            after(migration_context, context)
        return []

    return project.run(
        work,
        to=at,
        last_hook=last_hook,
        template_args=context.template_args,
        revision_context=context,
        as_sql=False,
    )


def _ask(migration_context: MigrationContext, request: Request) -> None:
    """Switch this run of Alembic to our plugin and our rendering."""
    register()
    options = migration_context.opts
    options["autogenerate_plugins"] = [NAME]
    options[REQUEST] = request
    options["render_item"] = rendering_of(options.get("render_item"))
    exact_expressions(migration_context)


def generate_file(
    project: Project, at: Address, request: Request, message: str, rev_id: str | None = None
) -> Generated:
    """Autogenerate a change in the project's versions folder, against a shadow at head.

    Where the request asks for safe forms it may take several revisions.

    :param request: both catalogs, see :func:`assay.generate.prepare.prepared`.
    :raises UsageError: Alembic refuses, or ``env.py`` suppresses the revision.
    """
    context = _revision_context(project, message, rev_id)
    slots: list[BackfillOp] = []
    dialect: list[Any] = []

    def hook(migration_context: Any, directives: list[Any]) -> None:
        dialect.append(migration_context.dialect)
        split(migration_context, request, directives)
        for script in directives:
            for operations in (*script.upgrade_ops_list, *script.downgrade_ops_list):
                slots.extend(slots_in(operations))

    _autogenerate(project, at, context, hook, request=request)
    try:
        scripts = [script for script in context.generate_scripts() if script is not None]
    except CommandError as error:
        raise _not_written(project, error) from error
    if not scripts:
        raise UsageError(
            "env.py's process_revision_directives suppressed the revision.",
            where=str(project.history.script.env_py_location),
            next_step="Alembic saw no change; see `assay check` for what the catalogs say.",
        )
    return Generated(
        tuple(script.revision for script in scripts),
        tuple(Path(script.path) for script in scripts),
        tuple(slots),
        dialect[0],
    )


def _not_written(project: Project, error: CommandError) -> BaseException:
    """The error for a template that cannot be rendered; Alembic hides an interrupt in it."""
    cause = error.__context__
    if isinstance(cause, KeyboardInterrupt):
        return cause
    return UsageError(
        "script.py.mako cannot be rendered" + (f": {describe(cause)}" if cause else "."),
        where=short(str(Path(project.history.script.dir) / "script.py.mako")),
        next_step="Correct it, or compare it with the one `assay init` writes.",
        cause=str(error),
    )


def planned_steps(project: Project, at: Address, request: Request) -> list[Step]:
    """The steps that generation would write; nothing is written."""
    found: list[Step] = []

    def hook(_migration_context: Any, directives: list[Any]) -> None:
        found.extend(steps_of(directives[0].upgrade_ops))

    _autogenerate(project, at, _revision_context(project, None, None), hook, request=request)
    return found


@dataclass(frozen=True)
class Functions:
    """Bodies of ``upgrade()`` and ``downgrade()``, and their imports."""

    upgrade: str
    downgrade: str
    imports: tuple[str, ...]


def render_functions(
    project: Project, at: Address, request: Request | None
) -> tuple[Functions, ...]:
    """The functions of each revision that generation would write, in the order they run.

    Nothing is written. Used to tell what in a revision generation would not have made.

    :param request: None lets Alembic's own comparators write it.
    """
    context = _revision_context(project, None, None)
    found: list[Functions] = []

    def hook(migration_context: Any, directives: list[Any]) -> None:
        if request is not None:
            split(migration_context, request, directives)

    def after(_migration_context: MigrationContext, revision_context: Any) -> None:
        autogen = autogen_context(revision_context)
        for script in revision_context.generated_revisions:
            autogen.imports.clear()
            both = [
                render_operations(o, autogen) for o in (script.upgrade_ops, script.downgrade_ops)
            ]
            found.append(Functions(both[0], both[1], tuple(sorted(autogen.imports))))

    _autogenerate(project, at, context, hook, after, request)
    return tuple(found)


def alembic_check(project: Project, at: Address) -> tuple[str, ...]:
    """What ``alembic check`` would report on a shadow at head: one line per operation."""
    context = _revision_context(project, None, None)
    reported: list[str] = []

    def hook(_context: Any, directives: list[Any]) -> None:
        for script in directives:
            for upgrade in script.upgrade_ops_list:
                reported.extend(_describe(diff) for diff in upgrade.as_diffs())

    _autogenerate(project, at, context, hook)
    return tuple(reported)


def _describe(diff: Any) -> str:
    if isinstance(diff, list):
        return "; ".join(_describe(one) for one in diff)
    words = []
    for part in diff:
        name = getattr(part, "fullname", None) or getattr(part, "name", None)
        table = getattr(getattr(part, "table", None), "name", None)
        if isinstance(part, (str, int, bool)) or part is None:
            if part is not None:
                words.append(str(part))
        elif isinstance(part, dict):
            continue
        elif table and name:
            words.append(f"{table}.{name}")
        else:
            words.append(str(name or part))
    return " ".join(words)
