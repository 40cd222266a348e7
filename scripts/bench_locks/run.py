"""How long a change makes others wait: Alembic's plain revision beside the safe form.

    python scripts/bench_locks/run.py [--rows 2000000] [--kinds index,check] [--url URL] [--write]

Runs both forms of each kind of change under load on PostgreSQL, one after the other, and prints the
longest statement of a writer and of a reader beside each other. PostgreSQL is a private server that
Assay's launcher starts for the run, or the one that ``--url`` names. The private one keeps its data
in memory where there is room: 2,000,000 rows take less than 2 GB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))  # what the benchmarks share

import psycopg  # noqa: E402
from benching import Server, a_server, load, timed  # noqa: E402
from forms import alembic, lay_out, ours, plain  # noqa: E402
from kinds import FILL, KINDS, ROWS_A_CUSTOMER, Kind  # noqa: E402
from measure import Stalls, libpq, upgrade  # noqa: E402
from page import Result, Run, calm_words, page, terminal  # noqa: E402
from rich.console import Console  # noqa: E402

from assay.catalog import Snapshot  # noqa: E402
from assay.dialects import load as dialect  # noqa: E402

PAGE = ROOT / "docs" / "bench-locks.md"
PLAIN, OURS = "plain", "ours"


class Bench:
    """One run: the server, the filled database that is copied, and where projects are made."""

    def __init__(self, server: Server, filled: str, folder: Path, rows: int, held: float) -> None:
        self.server, self.filled, self.folder = server, filled, folder
        self.rows, self.customers = rows, customers(rows)
        self.held = held

    def compare(self, kind: Kind, forms: tuple[str, ...]) -> Result:
        """Both forms of a kind; they must lead to the same catalog."""
        stalls: dict[str, Stalls] = {}
        ends: dict[str, Snapshot] = {}
        seen, written = True, 0
        for form in forms:
            project = self.folder / f"{kind.name}-{form}"
            with self.server.database() as empty:
                lay_out(project, kind, empty)
            with self.server.database(self.filled) as url:
                execute(url, *kind.setup, "VACUUM ANALYZE", "CHECKPOINT")
                if form == PLAIN:
                    seen = plain(project, kind, url)
                else:
                    written = ours(project, kind, self.server.url)
                stalls[form] = upgrade(
                    project,
                    url,
                    self.rows,
                    self.customers,
                    self.folder / "marks",
                    self.held if kind.held else None,
                )
                ends[form] = catalog(url)
            say(kind, form, stalls[form])
        if len({end.fingerprint for end in ends.values()}) > 1:
            raise SystemExit(f"{kind.name}: the two forms lead to different catalogs")
        return Result(kind, seen, stalls[PLAIN], stalls.get(OURS), written)


def customers(rows: int) -> int:
    """How many rows ``customers`` has."""
    return max(rows // ROWS_A_CUSTOMER, 1)


def say(kind: Kind, form: str, stalls: Stalls) -> None:
    """Progress: what was just measured."""
    again = "" if stalls.attempts == 1 else f", {stalls.attempts} runs"
    print(
        f"  {kind.title}, {form}: writer {stalls.writer:.0f} ms, reader {stalls.reader:.0f} ms,"
        f" upgrade {stalls.seconds:.1f} s{again}"
        f" (before: {stalls.calm_writer:.0f} and {stalls.calm_reader:.0f} ms)",
        flush=True,
    )


def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def catalog(url: str) -> Snapshot:
    """The catalog of a database, by Assay's own reading."""
    with psycopg.connect(libpq(url)) as connection:
        state = dialect("postgresql").read_catalog(
            lambda sql: connection.execute(sql.encode()).fetchall()
        )
        return state.snapshot


def fill(server: Server, url: str, folder: Path, rows: int) -> float:
    """Make and fill the tables at the first revision; bytes that a row of ``orders`` takes."""
    common = Kind("common", "what all have in common", ())
    with server.database() as empty:
        lay_out(folder, common, empty)
    timed(alembic("upgrade", "head"), folder, BENCH_URL=url)
    numbers = {"rows": rows, "customers": customers(rows)}
    execute(url, *(one.format(**numbers) for one in FILL), "VACUUM ANALYZE", "CHECKPOINT")
    with psycopg.connect(libpq(url)) as connection:
        (size,) = connection.execute("SELECT pg_relation_size('orders')").fetchone() or (0,)
    return float(size) / rows


def main() -> None:
    """Measure, print, write."""
    names = [kind.name for kind in KINDS]
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the changed table")
    parser.add_argument("--kinds", default=",".join(names), help=f"of {', '.join(names)}")
    parser.add_argument("--held", type=float, default=10.0, help="seconds of the open reader")
    parser.add_argument("--plain-only", action="store_true", help="leave the safe form out")
    parser.add_argument("--url", help="SQLAlchemy URL of a PostgreSQL server to use")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    wanted = chosen.kinds.split(",")
    if unknown := set(wanted) - set(names):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    if chosen.write and (chosen.plain_only or set(wanted) != set(names)):
        parser.error("--write needs a whole run: leave out --kinds and --plain-only")
    forms = (PLAIN,) if chosen.plain_only else (PLAIN, OURS)
    before = load()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as place:
        folder = Path(place)
        with a_server(chosen.url) as server, server.database() as filled:
            print(f"filling {chosen.rows:,} rows on {server.description}", flush=True)
            row = fill(server, filled, folder / "common", chosen.rows)
            bench = Bench(server, filled, folder, chosen.rows, chosen.held)
            for kind in KINDS:
                if kind.name in wanted:
                    results.append(bench.compare(kind, forms))
            description = server.description
    Console().print(terminal(results))
    print(calm_words(results))
    if chosen.write:
        loads = (before, load())
        run = Run(chosen.rows, customers(chosen.rows), row, chosen.held, description, loads)
        PAGE.write_text(page(results, run))
        print(f"written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
