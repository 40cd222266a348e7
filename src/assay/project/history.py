"""The chain of revisions: order, heads, ranges; revision files are loaded once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from assay.errors import ProcedureStop, UsageError
from assay.project.compat.alembic import parent_ids
from assay.project.failures import short, user_failure

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

__all__ = ["History"]

_COUNTED = re.compile(r"(?P<from>.+)(?P<sign>[+-])(?P<count>\d+)")


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
        except (Exception, SystemExit) as error:
            raise _chain_error(error) from error
        for warning in said:
            # Alembic warns, takes the last file and leaves the others out of the chain
            if "is present more than once" in str(warning.message):
                raise UsageError(
                    f"The chain of revisions cannot be read: {warning.message}.",
                    next_step="Give each revision file an id of its own.",
                )
        self._each_has_an_upgrade()

    def _each_has_an_upgrade(self) -> None:
        for one in self.revisions:
            if not callable(getattr(one.module, "upgrade", None)):
                raise UsageError(
                    f"Revision {one.revision} has no function upgrade().",
                    where=short(str(one.path)),
                    next_step="Write it; `pass` where there is nothing to do.",
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
        """The revision of an id, a part of an id, ``head``, or so many before or after one: ``head-1``.

        :raises UsageError: there is none, or more than one.
        :raises ProcedureStop: ``head``, and there are several.
        """
        heads = ("head", "heads")
        if revision in heads and self.target not in heads and self.head is not None:
            return self.head
        found: Script | None
        try:
            found = self.script.get_revision(revision)
        except Exception as error:
            found = self._counted(revision)
            if found is None:
                raise _no_revision(revision, error) from error
        if found is None:
            raise _no_revision(revision)
        return found

    def _counted(self, text: str) -> Script | None:
        """The revision that lies so many before or after another, as Alembic counts them.

        :raises UsageError: the way there forks, or ends.
        """
        counted = _COUNTED.fullmatch(text)
        if counted is None:
            return None
        found = self.get(counted["from"])
        for _ in range(int(counted["count"])):
            before: Any = found.down_revision or ()
            before = (before,) if isinstance(before, str) else before
            ids = sorted(found.nextrev if counted["sign"] == "+" else before)
            if len(ids) != 1:
                there = f"{', '.join(ids)} are" if ids else "nothing is"
                side = "after" if counted["sign"] == "+" else "before"
                raise UsageError(
                    f"There is no one revision {text!r}: {there} {side} {found.revision}.",
                    next_step="Name one of them; `alembic history` lists them.",
                )
            found = self.get(ids[0])
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
        if end == "base":
            return ()
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

    def nothing(self, text: str | None) -> str:
        """For people: that :meth:`select` has found no revision, and why."""
        return (
            f"No revision lies in {text}." if self.revisions else "The chain has no revision yet."
        )


def _no_revision(text: str, error: Exception | None = None) -> UsageError:
    """The error for a name that is none, or the beginning of several ids."""
    said = str(error)
    if text == "base":
        return UsageError(
            "base is where the chain begins, before its first revision.",
            next_step="Name a revision, or write a range: base:head.",
        )
    if "Multiple revisions start with" in said:
        return UsageError(f"{said.rstrip('.')}.", next_step="Write more of the id.")
    if re.fullmatch(r"[+-]\d+", text):
        return UsageError(
            f"{text} counts from where a database stands, and none is asked here.",
            next_step="Count from a revision: head-1.",
        )
    return UsageError(
        f"There is no revision {text!r} in the chain.",
        next_step="List them with `alembic history`.",
    )


def _chain_error(error: BaseException) -> UsageError:
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    if isinstance(error, (CommandError, RevisionError, KeyError)):
        text = str(error).strip("'\"")
        return UsageError(
            f"The chain of revisions cannot be read: {text}",
            next_step="See `alembic history`.",
        )
    return user_failure(error, "A revision file does not load:")
