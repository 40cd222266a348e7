"""Renames in an order in which each new name is free when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import TypeVar

__all__ = ["in_turn"]

Name = TypeVar("Name", bound=Hashable)


def in_turn(
    renames: Mapping[Name, Name],
    there: Collection[Name],
    aside: Callable[[Name], Name],
    fold: Callable[[Name], Hashable] = lambda name: name,
) -> list[tuple[Name, Name]]:
    """Old and new names, step by step; what is in the way steps aside first.

    One that steps aside and is not renamed itself is gone in the models: it is dropped later.

    :param there: every name that is taken before.
    :param aside: a name to wait under.
    :param fold: what the server compares names by, where it is not the name as it is written.
    """
    taken = {fold(name): name for name in there}
    waiting = dict(renames)
    pairs: list[tuple[Name, Name]] = []
    while waiting:
        one = next((a for a, b in waiting.items() if taken.get(fold(b), a) == a), None)
        if one is not None:
            other = waiting.pop(one)
        else:
            one = taken[fold(next(iter(waiting.values())))]
            other = aside(one)
            if one in waiting:
                waiting[other] = waiting.pop(one)
        pairs.append((one, other))
        del taken[fold(one)]
        taken[fold(other)] = other
    return pairs
