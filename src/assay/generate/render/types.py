"""A column type as Python text that makes the same DDL, in the revision as in the models.

What is tried, the first that is exact wins; exact on every engine SQLAlchemy's type compiles for
before exact on this one only:

1. ``user_module_prefix``, where the project has one: ``types.Money()``. The project decided that
   its revisions name its types, and its template imports them.
2. What Alembic writes, where the revision's own imports make it valid.
3. The plain database type that a custom type stands for. A revision says what was done once: it is
   not to change or break when the application's class does, so this comes before an import of it.
   Where engines get different types the others become variants.
4. The class of an installed package with its import, ``pgvector.sqlalchemy.VECTOR(dim=3)``: it has
   versions, and a revision with it runs without Assay. Modules of the application are not imported.
5. :class:`assay.operations.Verbatim`, the type in the server's words.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import Enum, NullType, TypeDecorator, TypeEngine

from assay.generate.render.ddl import makes_indexes, type_ddl, without_variants
from assay.generate.render.rendering import Rendering, Text
from assay.generate.render.spelling import Spelling, Unwritable, public_class
from assay.operations import IMPORT, Verbatim
from assay.project.compat.constructs import variants_of

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = ["type_text"]

_Candidate = Callable[[Rendering, Any], Text | None]
_CLAUSES = ("item_type", "text_type", "astext_type", "data_type")


def type_text(rendering: Rendering, type_: TypeEngine[Any]) -> Text:
    """The text of a type, and what it imports."""
    answer = rendering.asked("type", type_)
    if answer is not None:
        return Text(answer, said=True)
    if isinstance(type_, Verbatim):
        return Text(repr(type_), frozenset({IMPORT}))
    own = type(type_).__module__.startswith("sqlalchemy.")
    wanted = type_ddl(type_, rendering.dialect)
    others = () if own and not variants_of(type_) else _other_dialects(rendering.dialect.name)
    almost: Text | None = None
    for candidate in _candidates(rendering, type_, own):
        if candidate.said:
            return candidate
        made = _made(rendering, candidate)
        if made is None or type_ddl(made, rendering.dialect) != wanted:
            continue
        if all(type_ddl(made, d) == (type_ddl(type_, d) or type_ddl(made, d)) for d in others):
            return candidate
        almost = almost or candidate
    if almost is not None:
        return almost
    return _verbatim(rendering, type_) or _repr(rendering, type_)


def _made(rendering: Rendering, text: Text) -> TypeEngine[Any] | None:
    try:
        made = rendering.evaluate(text)
    except Exception:
        return None
    return made if isinstance(made, TypeEngine) else None


def _candidates(rendering: Rendering, type_: Any, own: bool) -> Iterator[Text]:
    if variants_of(type_):
        order: tuple[_Candidate, ...] = (_with_variants, _without_others)
    elif own and isinstance(type_, TypeDecorator):
        order = (_repr, _called, _plain_decorated)
    elif own:
        nested = isinstance(type_, Enum) or any(
            isinstance(getattr(type_, n, None), TypeEngine) for n in _CLAUSES
        )
        order = (_called,) if nested else (_repr, _called)
    else:
        order = (_repr, _qualified, _bare, _plain_decorated, _called, _imported, _imported_repr)
    for each in order:
        try:
            found = each(rendering, type_)
        except Unwritable:
            continue
        if found is not None:
            yield found


def _spelling(rendering: Rendering) -> Spelling:
    return Spelling(rendering, lambda inner: type_text(rendering, inner))


def _repr(rendering: Rendering, type_: Any) -> Text:
    """What Alembic writes."""
    module = type(type_).__module__
    if module.startswith("sqlalchemy.dialects."):
        dialect = module.split(".")[2]
        needed = frozenset({f"from sqlalchemy.dialects import {dialect}"})
        return Text(f"{dialect}.{type_!r}", needed)
    if isinstance(type_, NullType):
        # Alembic writes sa.NullType(), which there is not
        return Text(f"{rendering.sa}types.NullType()")
    if module.startswith("sqlalchemy."):
        return Text(f"{rendering.sa}{type_!r}")
    return Text(f"{_user(rendering, type_)}{type_!r}")


def _user(rendering: Rendering, type_: Any) -> str:
    prefix = rendering.user
    return f"{type(type_).__module__}." if prefix is None else prefix


def _qualified(rendering: Rendering, type_: Any) -> Text | None:
    """As Alembic does, for classes inside others and arguments that ``repr()`` does not give."""
    cls = type(type_)
    if "<locals>" in cls.__qualname__:
        return None
    name = Text(f"{_user(rendering, type_)}{cls.__qualname__}")
    return _spelling(rendering).call(name, type_, cls)


def _bare(rendering: Rendering, type_: Any) -> Text:
    """With no arguments, for those that only look as if they took some."""
    return Text(f"{_user(rendering, type_)}{type(type_).__qualname__}()")


def _called(rendering: Rendering, type_: Any) -> Text | None:
    """The class of SQLAlchemy's that it is or extends."""
    found = public_class(type_, rendering)
    return None if found is None else _spelling(rendering).call(found[1], type_, found[0])


def _plain_decorated(rendering: Rendering, type_: Any) -> Text | None:
    """What a decorator stands for: its impl, with variants for engines that it treats apart."""
    if not isinstance(type_, TypeDecorator):
        return None
    impl: Any = type_.impl
    text = type_text(rendering, impl)
    for dialect in (rendering.dialect, *_other_dialects(rendering.dialect.name)):
        wanted = type_ddl(type_, dialect)
        made = _made(rendering, text)
        if wanted is None or made is None or type_ddl(made, dialect) == wanted:
            continue
        special = type_text(rendering.on(dialect), type_.load_dialect_impl(dialect))
        names = ("mysql", "mariadb") if dialect.name in ("mysql", "mariadb") else (dialect.name,)
        said = ", ".join(repr(n) for n in names)
        text = Text.of(f"{{}}.with_variant({{}}, {said})", text, special)
    return text


def _imported(rendering: Rendering, type_: Any) -> Text | None:
    """The class of an installed package."""
    cls = type(type_)
    name = Text(f"{cls.__module__}.{cls.__qualname__}", frozenset({f"import {cls.__module__}"}))
    if not _installed(cls) or makes_indexes(type_, rendering.dialect):
        # the plan has the indexes already
        return None
    return _spelling(rendering).call(name, type_, cls)


def _imported_repr(rendering: Rendering, type_: Any) -> Text | None:
    cls = type(type_)
    if not _installed(cls) or makes_indexes(type_, rendering.dialect):
        return None
    return Text(f"{cls.__module__}.{type_!r}", frozenset({f"import {cls.__module__}"}))


def _installed(cls: type) -> bool:
    """Whether a class comes with an installed package, not with the application."""
    path = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    return "<locals>" not in cls.__qualname__ and (
        "site-packages" in path or "dist-packages" in path
    )


def _with_variants(rendering: Rendering, type_: Any) -> Text:
    text = type_text(rendering, without_variants(type_))
    for name, variant in sorted(variants_of(type_).items()):
        dialect = next((d for d in _other_dialects("") if d.name == name), rendering.dialect)
        where = rendering if name == rendering.dialect.name else rendering.on(dialect)
        text = Text.of(f"{{}}.with_variant({{}}, {name!r})", text, type_text(where, variant))
    return text


def _without_others(rendering: Rendering, type_: Any) -> Text:
    """Of a type with variants, the one that counts here."""
    found = variants_of(type_).get(rendering.dialect.name)
    return type_text(rendering, without_variants(type_) if found is None else found)


def _verbatim(rendering: Rendering, type_: Any) -> Text | None:
    try:
        text = str(type_.compile(dialect=rendering.dialect))
    except Exception:
        return None
    single = text.replace("%%", "%")
    same = type_ddl(Verbatim(single), rendering.dialect) == (text,)
    return Text(repr(Verbatim(single if same else text)), frozenset({IMPORT}))


@lru_cache
def _other_dialects(name: str) -> tuple[Dialect, ...]:
    """The engines that a project's revisions may run on beside the one named."""
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    family = "mysql" if name == "mariadb" else name
    # the "default" names: no driver, so that % is not doubled
    made = (d.dialect(paramstyle="named") for d in (mysql, postgresql, sqlite))
    return tuple(d for d in made if d.name != family)
