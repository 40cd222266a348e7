"""A check, how checks are found, and running them so that none hides another."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from assay.doctor.finding import Finding
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.doctor.examined import Examined

__all__ = ["Check", "NotLookedAt", "Result", "all_checks", "examine"]


class NotLookedAt(Exception):
    """What a check needs is not there; another check says why."""


@dataclass(frozen=True)
class Check:
    """One check.

    :param name: one short word, as the report shows it.
    :param order: checks are reported from the lowest to the highest.
    :param healthy: what is said when nothing was found.
    """

    name: str
    order: int
    healthy: str
    look: Callable[[Examined], Iterable[Finding]]


@dataclass(frozen=True)
class Result:
    """What one check said.

    :param not_looked_at: why the check could not be made.
    """

    check: Check
    findings: tuple[Finding, ...] = ()
    not_looked_at: str | None = None

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        """What is wrong."""
        return tuple(one for one in self.findings if one.is_mistake)


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of the package, in the order of the report."""
    folder = Path(__file__).parent / "checks"
    found: list[Check] = [
        import_module(f"assay.doctor.checks.{module.name}").CHECK
        for module in pkgutil.iter_modules([str(folder)])
    ]
    return tuple(sorted(found, key=lambda check: (check.order, check.name)))


def examine(examined: Examined, checks: Iterable[Check] | None = None) -> Iterator[Result]:
    """Make the checks, one after the other; one that breaks is said to, and the next is made."""
    for check in all_checks() if checks is None else checks:
        yield _made(check, examined)


def _made(check: Check, examined: Examined) -> Result:
    found: list[Finding] = []
    try:
        # what was found before a check broke is kept
        for finding in check.look(examined):
            found.append(finding)
    except NotLookedAt as reason:
        return Result(check, tuple(found), str(reason))
    except AssayError as error:
        return Result(check, tuple(found), error.what)
    except Exception as error:
        return Result(
            check, tuple(found), f"the check itself failed: {type(error).__name__}: {error}"
        )
    return Result(check, tuple(found))
