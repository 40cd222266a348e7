"""The results: a table for the terminal and the page ``docs/bench-locks.md``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from benching import machine, versions
from kinds import Kind
from measure import LEAST, PAUSE, Stalls
from rich.table import Table


@dataclass(frozen=True)
class Result:
    """Both forms of one kind of change.

    :param seen: whether Alembic's autogenerate saw the change.
    :param ours: None where only the plain form was asked for.
    :param revisions: how many revisions ``assay generate`` wrote.
    """

    kind: Kind
    seen: bool
    plain: Stalls
    ours: Stalls | None
    revisions: int


@dataclass(frozen=True)
class Run:
    """What the page says of the whole run.

    :param row: bytes that a row of ``orders`` takes, without its indexes.
    :param held: seconds of the open transaction.
    """

    rows: int
    customers: int
    row: float
    held: float
    server: str
    loads: tuple[str, str]


HEADS = (
    "change",
    "plain writer ms",
    "ours writer ms",
    "ratio",
    "plain reader ms",
    "ours reader ms",
    "ratio",
    "plain s",
    "ours s",
    "ours: revisions, runs",
)

SHOWN = 7
"""So many of them find room on a terminal."""


def cells(result: Result) -> list[str]:
    """One line of the table."""
    plain, ours = result.plain, result.ours
    line = [result.kind.title + ("" if result.seen else " *")]
    if ours is None:
        line += [f"{plain.writer:.0f}", "", "", f"{plain.reader:.0f}", "", ""]
        return [*line, f"{plain.seconds:.1f}", "", ""]
    line += [f"{plain.writer:.0f}", f"{ours.writer:.0f}", f"{plain.writer / ours.writer:.1f}"]
    line += [f"{plain.reader:.0f}", f"{ours.reader:.0f}", f"{plain.reader / ours.reader:.1f}"]
    line += [f"{plain.seconds:.1f}", f"{ours.seconds:.1f}"]
    return [*line, f"{result.revisions}, {ours.attempts}"]


def calm(results: Iterable[Result]) -> tuple[float, float]:
    """Milliseconds of the longest statement of a writer and a reader before all the upgrades."""
    every = [one for result in results for one in (result.plain, result.ours) if one is not None]
    return max(one.calm_writer for one in every), max(one.calm_reader for one in every)


def calm_words(results: list[Result]) -> str:
    """The same as a sentence."""
    writer, reader = calm(results)
    return (
        f"Without any upgrade the longest statement of a writer took {writer:.0f} ms,"
        f" of a reader {reader:.0f} ms."
    )


def terminal(results: list[Result]) -> Table:
    """For the terminal."""
    table = Table(title="milliseconds of the longest statement that met the upgrade")
    for number, head in enumerate(HEADS[:SHOWN]):
        text = head.removesuffix(" ms").replace(" ", "\n")
        table.add_column(text if number else head, justify="right" if number else "left")
    for result in results:
        table.add_row(*cells(result)[:SHOWN])
    return table


def page(results: list[Result], run: Run) -> str:
    """The text of ``docs/bench-locks.md``."""
    lines = [HEADS, ("---", *("---:",) * (len(HEADS) - 1)), *(cells(one) for one in results)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"""# What a change makes others wait

Made by `python scripts/bench_locks/run.py --write` (`make bench-locks`) on {date.today().isoformat()}.
Milliseconds differ from machine to machine; what both forms take in one run, side by side, counts.

{machine(*run.loads)}
- Server: {run.server}.
- Versions: {versions()}.
- Rows: {run.rows:,} in `orders` ({run.row:.0f} bytes each, without indexes),
  {run.customers:,} in `customers`.

{table}

\\* Alembic's autogenerate does not see this change; the line in the plain revision is what a person
writes there.

{calm_words(results)}
Stalls of that size are noise, and so are ratios between them.

## How it is measured

Each line is a project whose models change. *Plain* is the revision that `alembic revision
--autogenerate` writes, *ours* what `assay generate` writes with `online = true`; both are run by
`alembic upgrade head` in a process of its own, each on its own fresh copy of the same filled
database, vacuumed, analyzed and checkpointed. Meanwhile three writers and a reader, each a process
with a connection of its own, update or read one row after the other by its number, 3 ms apart;
every third statement meets `customers`. A stall is the longest single statement, as its client sees
it, that ran at some time between the first statement of the upgrade and its end, and for
{LEAST:.0f} s at least. It holds whatever the client waits for, the processors too: here the server,
the clients and the upgrade share them. A private server keeps its data in memory where there is
room and writes nothing through to a disk, so that a plain form, which reads or writes a whole table
under its lock, is quicker than on most servers. In the last line a transaction that has read the
table stays open for {run.held:.0f} s: the plain form waits for it and everybody waits behind that;
ours gives up after its `lock_timeout` and is run again {PAUSE:.0f} s later (*runs*: how often). To
set NOT NULL, `assay generate` also asks what rows without a value get, and ours fills them first;
here there are none. After both forms the catalogs are compared and must be the same.
"""
