"""The main job, for looking at: `assay change` on the bookshop, on SQLite and on PostgreSQL.

    python scripts/demo.py [sqlite] [postgresql]

A copy of examples/bookshop is made in a temporary folder, its dev database is brought to head and
gets rows, the models are edited, and `assay change` takes the edit through all eight steps. It is
run twice: without a value for the existing rows it has to stop, with one it goes through. The
PostgreSQL half runs on the server programs of the embedded wheel: the dev database is on a private
server that this script starts, and Assay starts another for its shadows. Nothing is left behind.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from replay_bookshop import ORM, ROOT, private_postgresql

BOOKSHOP = ROOT / "examples" / "bookshop"
EDITS = (
    (
        '    Column("name", String(200), nullable=False),\n    Column("created_at"',
        '    Column("name", String(200), nullable=False),\n'
        '    Column("sort_name", String(200), nullable=False),\n    Column("created_at"',
    ),
    (
        "\ngenres = Table(\n",
        '\nreviews = Table(\n    "reviews",\n    metadata,\n'
        '    Column("id", Integer, primary_key=True),\n'
        '    Column("book_id", ForeignKey("books.id"), nullable=False, index=True),\n'
        '    Column("stars", SmallInteger, nullable=False),\n'
        '    Column("written_at", types.UTCDateTime(), nullable=False, default=_now),\n'
        '    CheckConstraint("stars BETWEEN 1 AND 5", name="stars_known"),\n)\n\n'
        "\ngenres = Table(\n",
    ),
)
VALUE = "authors.sort_name=lower(name)"
STEP_NUMBERS = {1, 2, 3, 4, 5, 6, 7, 8}


def main() -> int:
    """Both engines; 0 when every step was passed on each."""
    engines = sys.argv[1:] or ["sqlite", "postgresql"]
    began = time.perf_counter()
    for engine in engines:
        with tempfile.TemporaryDirectory(prefix="assay-demo-") as temporary:
            project = Path(temporary).resolve() / "bookshop"
            ignored = shutil.ignore_patterns("__pycache__", "*.db", ".pytest_cache", "steps")
            shutil.copytree(BOOKSHOP, project, ignore=ignored)
            _title(f"The bookshop on {_NAMES[engine]}")
            if engine == "sqlite":
                _show(project, None)
            else:
                os.environ["ASSAY_POSTGRESQL_BIN"] = "embedded"
                with private_postgresql() as url:
                    _show(project, url)
    seconds = time.perf_counter() - began
    names = " and ".join(_NAMES[engine] for engine in engines)
    print(f"\ndemo: ok: all eight steps of `assay change` on {names}, in {seconds:.0f} s")
    return 0


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL from the embedded wheel"}


def _show(project: Path, url: str | None) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("DATABASE_URL", "ASSAY_SHADOW_POSTGRESQL"):
        environment.pop(name, None)
    if url is not None:
        environment["DATABASE_URL"] = url
    _say("A dev database, brought to the head of the chain, with rows in it:")
    _run(project, environment, "apply", expect=0, quiet=True)
    authors = _fill(url or f"sqlite:///{project / 'dev.db'}")
    print(f"    {authors} authors, and their books, offers and orders")

    _say("The models are edited: a table of reviews, and authors get a sort_name that is NOT NULL:")
    _edit(project / ORM / "tables.py")

    _say(
        "The change is begun. The authors that exist need a sort_name, and only a person knows it:"
    )
    message = "books have reviews, authors are sorted"
    _run(project, environment, "change", "-m", message, expect=3)

    _say("The person says the value, and the change goes on:")
    _run(project, environment, "change", "--continue", "--backfill", VALUE, expect=0)

    _say("What the dev database holds now:")
    _look(url or f"sqlite:///{project / 'dev.db'}", authors)
    _proven(project)


def _fill(url: str) -> int:
    """The rows of the bookshop's own history, as far as the newest tables take them."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    now = "'2024-03-01 12:00:00'"
    statements = (
        f"INSERT INTO authors (id, name, created_at) VALUES (1, 'Ursula K. Le Guin', {now}),"
        f" (2, 'Stanisław Lem', {now})",
        "INSERT INTO books (id, title, author_id, isbn, language) VALUES"
        " (1, 'The Dispossessed', 1, '9780061054884', 'en'),"
        " (2, 'Solaris', 2, '9780156027601', 'pl')",
        "INSERT INTO offers (id, book_id, binding, price, valid_from)"
        f" VALUES (1, 1, 'paperback', 11.90, {now})",
        f"INSERT INTO orders (id, email, placed_at) VALUES (1, 'reader@example.org', {now})",
        "INSERT INTO order_lines (order_id, offer_id, quantity, unit_price)"
        " VALUES (1, 1, 2, 11.90)",
    )
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
        return int(connection.execute(text("SELECT count(*) FROM authors")).scalar_one())


def _edit(tables: Path) -> None:
    after = tables.read_text(encoding="utf-8")
    for old, new in EDITS:
        if after.count(old) != 1:
            raise SystemExit(f"demo: {tables.name} of the bookshop has no such place: {old!r}")
        after = after.replace(old, new)
    tables.write_text(after, encoding="utf-8")
    for old, new in EDITS:
        for line in new.splitlines():
            if line and line not in old.splitlines():
                print(f"    + {line}")


def _run(
    project: Path, environment: dict[str, str], *arguments: str, expect: int, quiet: bool = False
) -> None:
    print("$ assay", *(f'"{a}"' if " " in a else a for a in arguments), flush=True)
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(
        [sys.executable, "-m", "assay", *arguments],
        cwd=project,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode != expect:
        raise SystemExit(
            f"{done.stdout or ''}demo: `assay {arguments[0]}` ended with {done.returncode},"
            f" not with {expect}"
        )
    if not quiet:
        print(f"(exit code {done.returncode})", flush=True)


def _look(url: str, authors: int) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, name, sort_name FROM authors ORDER BY id")).all()
    for row in rows:
        print("    authors:", *row, sep="  ")
    if len(rows) != authors or any(row.sort_name != row.name.lower() for row in rows):
        raise SystemExit("demo: the authors are not what they should be")


def _proven(project: Path) -> None:
    """The receipt of the change, which must say that each of the eight steps was passed."""
    old = {path.name for path in (BOOKSHOP / ".assay" / "receipts").iterdir()}
    new = [p for p in (project / ".assay" / "receipts").iterdir() if p.name not in old]
    receipt: dict[str, Any] = json.loads(new[0].read_text(encoding="utf-8"))
    passed = {int(c["name"].split()[0]) for c in receipt["checks"] if c["outcome"] == "passed"}
    if passed != STEP_NUMBERS:
        raise SystemExit(f"demo: not every step was passed: {sorted(passed)}")
    print(f"    receipt {receipt['revision']}: steps 1 to 8 passed, on {receipt['servers'][0]}")


def _title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def _say(text: str) -> None:
    print(f"\n# {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
