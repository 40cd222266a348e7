"""A rule, and how rules are found: each file in ``rules/<family>/`` has one as ``RULE``.

Other packages have theirs as entry points of the group ``assay.rules``.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from assay.catalog import CatalogObject, Snapshot
from assay.dialects import Lock
from assay.errors import UsageError
from assay.review.finding import Finding, Severity
from assay.trace.effects import OperationEffect, Trace

__all__ = ["Rule", "RuleContext", "all_rules"]


Identity = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class RuleContext:
    """What a rule may look at beside the operations.

    :param before: the catalog before the revision.
    :param after: the catalog after it.
    :param renamed: tables and columns that have another name after it, by the identity they had.
    :param named: every name that a table had meanwhile, and the one that it had before the revision.
    :param upgrade: the whole trace: failure, happenings, the downgrade's trace. None in a test only.
    :param lock_limits: the strongest lock that a project allows, by table or pattern of tables.
    """

    before: Snapshot
    after: Snapshot
    renamed: Mapping[Identity, CatalogObject] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    upgrade: Trace | None = None
    lock_limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the engine: ``postgresql``, ``mysql`` (MariaDB too), ``sqlite``."""
        return self.before.dialect

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The server's version: ``(15, 20)``; rules that depend on it compare with this."""
        return tuple(int(n) for n in re.findall(r"\d+", self.before.server_version)[:3])

    @property
    def traces(self) -> tuple[Trace, ...]:
        """That of the upgrade and that of the downgrade, where there are."""
        up = self.upgrade
        return tuple(t for t in (up, up.downgrade) if t is not None) if up is not None else ()

    @cached_property
    def tables(self) -> frozenset[str]:
        """Tables that were there before the revision, as observations name them, renamed or not."""
        return frozenset((*(found.name for found in self.before.of_kind("table")), *self.named))


Check = Callable[[tuple[OperationEffect, ...], RuleContext], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One rule.

    :param name: reads well after "allow".
    :param family: ``locks``, ``data``, ``compatibility`` or ``hygiene``.
    :param waivable: a comment can allow what it finds.
    """

    name: str
    family: str
    severity: Severity
    check: Check
    waivable: bool = True

    @property
    def code(self) -> str:
        """Family and name."""
        return f"{self.family}/{self.name}"

    @property
    def documentation(self) -> str:
        """The rule's page: the docstring of its file, under fixed headings."""
        return inspect.getdoc(sys.modules[self.check.__module__]) or ""

    @property
    def summary(self) -> str:
        """Its first line."""
        return self.documentation.partition("\n")[0]

    def found(self, operations: tuple[OperationEffect, ...], context: RuleContext) -> list[Finding]:
        """What it finds.

        :raises UsageError: it is another package's, and raised.
        """
        try:
            return list(self.check(operations, context))
        except Exception as error:
            if self.check.__module__.startswith(f"{__package__}.rules."):
                raise
            at = traceback.extract_tb(error.__traceback__)[-1]
            raise UsageError(
                f"The rule {self.code} raised {type(error).__name__}: {error}",
                where=f"{at.filename}:{at.lineno}",
                next_step="Correct the package that has it, or uninstall it.",
            ) from error

    def to_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return {
            "rule": self.code,
            "severity": self.severity.value,
            "summary": self.summary,
            "documentation": self.documentation,
        }

    def finding(
        self,
        about: str,
        line: int | None,
        message: str,
        *,
        why: str,
        instead: str,
        lock: Lock | None = None,
        direction: str = "upgrade",
    ) -> Finding:
        """A finding of this rule.

        :param about: the object, as people name it: ``users.nick``.
        """
        severity = self.severity
        return Finding(self.code, severity, about, line, message, why, instead, lock, direction)


ENTRY_POINTS = "assay.rules"
"""The group of entry points by which a project adds rules of its own; each names a :class:`Rule`."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, those of other packages too, in the order of their codes.

    :raises UsageError: an entry point cannot be loaded, gives no rule, or takes a code that is taken.
    """
    found: dict[str, Rule] = {}
    root = Path(__file__).parent / "rules"
    for family in sorted(p for p in root.iterdir() if (p / "__init__.py").is_file()):
        for module in pkgutil.iter_modules([str(family)]):
            rule: Rule = import_module(f"assay.review.rules.{family.name}.{module.name}").RULE
            found[rule.code] = rule
    for point in entry_points(group=ENTRY_POINTS):
        rule = _rule_of(point)
        if rule.code in found:
            raise _no_rule(point, f"is called {rule.code}, and there is a rule of that name")
        found[rule.code] = rule
    return tuple(rule for _, rule in sorted(found.items()))


def _rule_of(point: EntryPoint) -> Rule:
    try:
        rule = point.load()
    except Exception as error:
        raise _no_rule(point, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(rule, Rule):
        raise _no_rule(point, f"is {rule!r}, not an assay.review.rule.Rule")
    return rule


def _no_rule(point: EntryPoint, what: str) -> UsageError:
    return UsageError(
        f"The rule {point.name!r} {what}.",
        where=f"entry point {point.value} of {ENTRY_POINTS}",
        next_step="Correct the package that has it, or uninstall it.",
    )
