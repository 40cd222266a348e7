"""The chain of revisions: order, heads, ranges; revision files are loaded once."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from assay.errors import ProcedureStop, UsageError
from assay.project.compat import parent_ids
from assay.project.failures import user_failure

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

__all__ = ["History"]


class History:
    """All revisions of a project, from base to heads.

    :param target: the branch that counts, as for ``alembic upgrade`` (``main@head``); None for all.
    :raises UsageError: a revision file does not load, or the chain is broken.
    """

    def __init__(self, config: Config, target: str | None = None) -> None:
        from alembic.script import ScriptDirectory

        self.target = target
        try:
            self.script: ScriptDirectory = ScriptDirectory.from_config(config)
            self.revisions: tuple[Script, ...] = ()
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                self.order()
        except Exception as error:
            raise _chain_error(error) from error
        for one in said:
            # Alembic warns, takes the last file and leaves the others out of the chain
            if "is present more than once" in str(one.message):
                raise UsageError(
                    f"The chain of revisions cannot be read: {one.message}.",
                    next_step="Give each revision file an id of its own.",
                )

    def order(self) -> None:
        """Put the loaded revisions in order, a newly written one among them; loads no file."""
        found = tuple(reversed(list(self.script.walk_revisions("base", "heads"))))
        if self.target is not None:
            wanted = self.ancestors(self.get(self.target))
            found = tuple(one for one in found if one.revision in wanted)
        self.revisions = found

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of all heads, or of the head of the branch that counts."""
        if self.target is not None:
            return (self.get(self.target).revision,)
        return tuple(self.script.get_heads())

    @property
    def head(self) -> Script | None:
        """The single head, None for an empty chain.

        :raises ProcedureStop: several heads.
        """
        heads = self.heads
        if len(heads) > 1:
            raise ProcedureStop(
                f"The chain has {len(heads)} heads: {', '.join(heads)}.",
                next_step="Join them with `alembic merge heads -m merge`, or say which branch "
                'counts: [tool.assay] target = "branch@head".',
            )
        return self.get(heads[0]) if heads else None

    def get(self, revision: str) -> Script:
        """The revision of an id, a part of an id, or ``head``.

        :raises UsageError: there is none.
        """
        try:
            found = self.script.get_revision(revision)
        except Exception as error:
            raise UsageError(
                f"There is no revision {revision!r} in the chain.",
                next_step="List them with `alembic history`.",
            ) from error
        if found is None:
            raise UsageError(
                f"There is no revision {revision!r} in the chain.",
                next_step="List them with `alembic history`.",
            )
        return found

    def has(self, revision: str) -> bool:
        """Whether the chain has exactly that id."""
        return any(revision == one.revision for one in self.revisions)

    def after(self, revision: str | None) -> tuple[Script, ...]:
        """Everything after a revision, ``None`` or ``base`` for all, in order of application."""
        if revision in (None, "base"):
            return self.revisions
        done = self.ancestors(self.get(str(revision)))
        return tuple(one for one in self.revisions if one.revision not in done)

    def before(self, revision: Script) -> tuple[Script, ...]:
        """Everything that comes earlier in the order of application, other branches included."""
        ids = [one.revision for one in self.revisions]
        return self.revisions[: ids.index(revision.revision)]

    def applied(self, heads: Iterable[str]) -> frozenset[str]:
        """Ids of everything a database has that is stamped with these heads.

        :raises UsageError: the chain has no such revision.
        """
        return frozenset(one for head in heads for one in self.ancestors(self.get(head)))

    def ancestors(self, revision: Script) -> frozenset[str]:
        """A revision and everything before it, dependencies included."""
        found: set[str] = set()
        todo = [revision.revision]
        while todo:
            one = todo.pop()
            if one in found:
                continue
            found.add(one)
            todo.extend(parent_ids(self.get(one)))
        return frozenset(found)

    def up_to(self, revision: Script) -> tuple[Script, ...]:
        """A revision and everything before it, in order of application."""
        done = self.ancestors(revision)
        return tuple(one for one in self.revisions if one.revision in done)

    def select(self, text: str | None) -> tuple[Script, ...]:
        """The revisions that ``REV``, ``A:B`` or nothing (the head) names; A itself is left out.

        :raises UsageError: a name is unknown, or A does not come before B.
        """
        if text is None or ":" not in text:
            found = self.head if text is None else self.get(text)
            return (found,) if found is not None else ()
        start, _, end = text.partition(":")
        last = self.up_to(self.get(end or self.target or "head"))
        if start in ("", "base"):
            return last
        first = self.get(start)
        if first.revision not in {one.revision for one in last}:
            raise UsageError(
                f"{start} does not come before {end or 'head'}.",
                next_step="Write the range as OLDER:NEWER.",
            )
        done = self.ancestors(first)
        return tuple(one for one in last if one.revision not in done)


def _chain_error(error: Exception) -> UsageError:
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    if isinstance(error, (CommandError, RevisionError, KeyError)):
        text = str(error).strip("'\"")
        return UsageError(
            f"The chain of revisions cannot be read: {text}",
            next_step="See `alembic history`.",
        )
    return user_failure(error, "A revision file does not load:")
