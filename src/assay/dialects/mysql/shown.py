"""What only ``SHOW CREATE`` says: partitions, a FULLTEXT index's parser, periods, sequences."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.dialects.mysql.texts import tokens

__all__ = ["ShownTable", "read_sequence", "read_table"]


@dataclass(frozen=True)
class ShownTable:
    """Of one table.

    :param partitioning: the whole clause, on one line.
    :param parsers: index name to the parser it is ``WITH``.
    :param periods: ``app (a, b)`` for each application-time period.
    :param without_overlaps: names of indexes whose period may not overlap.
    """

    partitioning: str | None
    parsers: dict[str, str]
    periods: tuple[str, ...]
    without_overlaps: tuple[str, ...]


_NAME = r"`((?:[^`]|``)*)`"
_PARSER = re.compile(rf"\s*FULLTEXT KEY {_NAME} .*WITH PARSER {_NAME}")
_PERIOD = re.compile(rf"\s*PERIOD FOR {_NAME} \((.*)\),?$")
_OVERLAPS = re.compile(rf"\s*UNIQUE KEY {_NAME} \(.* WITHOUT OVERLAPS\)")
_PRIMARY_OVERLAPS = re.compile(r"\s*PRIMARY KEY \(.* WITHOUT OVERLAPS\)")


def read_table(create: str) -> ShownTable:
    """From the text of ``SHOW CREATE TABLE``; MySQL puts some of it into version comments."""
    plain = _without_version_comments(create)
    parsers: dict[str, str] = {}
    periods: list[str] = []
    overlaps: list[str] = []
    body, _, tail = plain.rpartition("\n) ")
    for line in body.split("\n"):
        if found := _PARSER.match(line):
            parsers[_name(found[1])] = _name(found[2])
        elif found := _PERIOD.match(line):
            periods.append(f"{_name(found[1])} ({found[2].replace('`', '')})")
        elif found := _OVERLAPS.match(line):
            overlaps.append(_name(found[1]))
        elif _PRIMARY_OVERLAPS.match(line):
            overlaps.append("PRIMARY")
    return ShownTable(_partitioning(tail), parsers, tuple(periods), tuple(overlaps))


def _name(between: str) -> str:
    return between.replace("``", "`")


def _without_version_comments(create: str) -> str:
    return re.sub(r"/\*[!M]*[0-9]{5,6} ?(.*?) ?\*/", r"\1", create, flags=re.DOTALL)


def _partitioning(tail: str) -> str | None:
    words: list[str] = []
    found = False
    kept: list[str] = []
    for kind, text in tokens(tail):
        if kind == "word" and not found:
            words.append(text.upper())
            found = words[-2:] == ["PARTITION", "BY"]
            if found:
                kept.append("PARTITION BY")
                continue
        if found:
            kept.append(" " if kind == "blank" else text)
    return "".join(kept).strip() or None if found else None


_SEQUENCE = re.compile(
    r"(?:AS (?P<type>\w+(?: unsigned)?) )?start with (?P<start>-?\d+) minvalue (?P<minimum>-?\d+)"
    r" maxvalue (?P<maximum>-?\d+) increment by (?P<increment>-?\d+)"
    r" (?:cache (?P<cache>\d+)|nocache) (?P<cycle>cycle|nocycle)(?: ENGINE=(?P<engine>\w+))?",
    re.IGNORECASE,
)


def read_sequence(create: str) -> dict[str, str | None]:
    """Attributes from the text of ``SHOW CREATE SEQUENCE`` (MariaDB only)."""
    found = _SEQUENCE.search(create)
    if found is None:
        return {"definition": create}
    values: dict[str, str | None] = dict(found.groupdict())
    values["cache"] = values["cache"] or "0"
    values["cycle"] = "yes" if str(values["cycle"]).lower() == "cycle" else None
    return values
