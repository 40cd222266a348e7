"""What is known while a revision is rendered: its dialect, its prefixes, the names it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

from assay.project.compat.constructs import doubles_percents

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import ClauseElement, Dialect

__all__ = ["Hook", "Rendering", "Text", "raw_sql"]

Hook = Callable[[str, Any, Any], Any]
"""Alembic's ``render_item``: kind, object and context to text, or False for Alembic's own."""

_names: WeakKeyDictionary[AutogenContext, dict[str, Any]] = WeakKeyDictionary()
"""The names of each run's revisions; an import line run already is a name of its own."""
_IMPORT = re.compile(r"^(?:from\s+\S+\s+import\s+(?:\([^)]*\)|[^\n(]+)|import\s+[^\n]+)", re.M)


@dataclass(frozen=True)
class Text:
    """Python text and the import lines it needs.

    :param said: the project's ``render_item`` said some of it, so that it is taken as it is.
    """

    code: str
    imports: frozenset[str] = frozenset()
    said: bool = False

    @classmethod
    def of(cls, template: str, *parts: Text) -> Text:
        """Text with other texts in the places of ``{}``."""
        code = template.format(*(p.code for p in parts))
        imports = frozenset[str]().union(*(p.imports for p in parts))
        return cls(code, imports, any(p.said for p in parts))


def raw_sql(context: MigrationContext, expression: ClauseElement, **options: Any) -> str:
    """An expression as the server gets it: compiled, ``%`` not doubled for the driver.

    :param options: those of ``impl.render_ddl_sql_expr``.
    """
    # the class's own: exact_expressions() may stand before it on the instance
    render: Any = type(context.impl).render_ddl_sql_expr
    found = str(render(context.impl, expression, **options))
    return found.replace("%%", "%") if doubles_percents(context.dialect) else found


@dataclass
class Rendering:
    """One rendering.

    :param own: the project's ``render_item``; what it answers wins.
    :param dialect: the engine that what is rendered must be exact for.
    """

    context: AutogenContext
    own: Hook | None
    dialect: Dialect

    @classmethod
    def of(cls, context: AutogenContext, own: Hook | None) -> Rendering:
        """The rendering of the engine that the context is for."""
        return cls(context, own, context.dialect or context.migration_context.dialect)

    def on(self, dialect: Dialect) -> Rendering:
        """The same for another engine."""
        return Rendering(self.context, self.own, dialect)

    @property
    def sa(self) -> str:
        """``sa.``, or what the project has in its place."""
        return self.context.opts.get("sqlalchemy_module_prefix") or ""

    @property
    def op(self) -> str:
        """``op.``, or what the project has in its place."""
        return self.context.opts.get("alembic_module_prefix") or ""

    @property
    def user(self) -> str | None:
        """``user_module_prefix`` where the project says one."""
        prefix = self.context.opts.get("user_module_prefix")
        return str(prefix) if prefix is not None else None

    def asked(self, kind: str, found: Any) -> str | None:
        """What the project's own ``render_item`` says."""
        answer = self.own(kind, found, self.context) if self.own is not None else None
        return answer if isinstance(answer, str) else None

    def keep(self, text: Text) -> str:
        """The code of a text, its imports added to the revision's."""
        self.context.imports.update(text.imports)
        return text.code

    def name(self, name: str) -> str:
        """A constraint's name; one that a naming convention made is not to be made again."""
        return f"{self.op}f({str(name)!r})" if isinstance(name, conv) else repr(str(name))

    def evaluate(self, text: Text) -> Any:
        """What a text is where the revision runs it.

        :raises Exception: whatever evaluating it raises.
        """
        names = _names.get(self.context)
        if names is None:
            names = _names[self.context] = self._revision_names()
        for line in self.context.imports:
            if line not in names:
                exec(line, names)
                names[line] = True
        if text.imports <= self.context.imports:
            return eval(text.code, names)
        names = dict(names)
        for line in text.imports:
            exec(line, names)
        return eval(text.code, names)

    def sql(self, expression: ClauseElement) -> str:
        """An expression as the server gets it."""
        return raw_sql(self.context.migration_context, expression)

    def _revision_names(self) -> dict[str, Any]:
        """The names that every revision of the project has."""
        names = _rooted(self.op, SimpleNamespace(f=conv)) | _rooted(self.sa, sa)
        for line in self._template_imports():
            # where it fails no revision would load: the doctor says so
            with suppress(Exception):
                exec(line, names)
        return names

    def _template_imports(self) -> Iterable[str]:
        environment = self.context.migration_context.environment_context
        if environment is None:
            return ()
        path = Path(environment.script.dir) / "script.py.mako"
        lines = _IMPORT.findall(path.read_text(encoding="utf-8")) if path.is_file() else []
        return [line for line in lines if "${" not in line]


def _rooted(prefix: str, module: Any) -> dict[str, Any]:
    """The names that make ``prefix`` lead to a module."""
    name = prefix.rstrip(".")
    if "." in name:
        return {}
    return {name: module} if name else dict(vars(module))
