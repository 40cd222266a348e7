"""Runs the fidelity benchmark on ``assay generate`` and writes its table beside Alembic's.

    python scripts/fidelity.py [--engine sqlite] [--case 'col_*'] [--jobs 2] [--write]

Each case is one change of a schema. The benchmark's oracle reads the databases over raw drivers and
shares no code with Assay. ``FIDELITY`` names another folder with the benchmark, ``FIDELITY_PG`` and
``FIDELITY_MARIADB`` the servers. ``--write`` renders ``docs/fidelity.md`` (whole runs only).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "fidelity"
PAGE = ROOT / "docs" / "fidelity.md"
PAIRS = ROOT / "docs" / "random-pairs.json"
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
SERVERS = {
    "FIDELITY_PG": "postgresql+psycopg://postgres@127.0.0.1:5432/",
    "FIDELITY_MARIADB": "mariadb+pymysql://root@127.0.0.1:3306/",
}

Run = dict[str, Any]


def main() -> None:
    """Run, print the table, and write the page where asked."""
    parser = argparse.ArgumentParser(description="The fidelity benchmark on assay generate.")
    parser.add_argument("--engine", action="append", choices=list(ENGINES))
    parser.add_argument("--case", action="append", help="glob of case names")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--write", action="store_true", help="write docs/fidelity.md")
    chosen = parser.parse_args()
    if chosen.write and (chosen.engine or chosen.case):
        parser.error("--write needs a whole run: leave out --engine and --case")
    folder = Path(os.environ.get("FIDELITY", ROOT / "benchmarks" / "fidelity"))
    results = run(folder, chosen.engine or [], chosen.case or [], chosen.jobs)
    alembic = json.loads((folder / "alembic.json").read_text(encoding="utf-8"))
    print("\n".join(table(results["results"], alembic["results"])))
    print("\n".join(failing(results["results"])))
    if chosen.write:
        PAGE.write_text(page(results, alembic), encoding="utf-8")


def run(folder: Path, engines: Iterable[str], cases: Iterable[str], jobs: str) -> dict[str, Any]:
    """Run the benchmark; its results as it writes them."""
    OUT.mkdir(parents=True, exist_ok=True)
    assay = f"{sys.executable} -m assay"
    command = [sys.executable, str(folder / "run.py"), "--adapter", "assay", "--jobs", jobs]
    command += ["--out", str(OUT / "assay"), "--work", str(OUT / "work")]
    command += ["--generate", f"{assay} generate -m change --answers fidelity_hints.json"]
    command += ["--check", f"{assay} check --live"]
    for engine in engines:
        command += ["--engine", engine]
    for case in cases:
        command += ["--case", case]
    environment = {**SERVERS, "PYTHONHASHSEED": "0", **os.environ}
    subprocess.run(command, check=True, env=environment)
    found: dict[str, Any] = json.loads((OUT / "assay.json").read_text(encoding="utf-8"))
    return found


def verdict(result: Run) -> str:
    """``right``, ``refused`` (nothing was written), ``wrong``, or ``not counted``."""
    if result.get("invalid"):
        return "not counted"
    verdicts = result["v"]
    if verdicts["generated"] == "fail":
        return "refused"
    known_na = {"data_down"} if verdicts.get("data_down") == "na" else set()
    good = all(v == "pass" for k, v in verdicts.items() if k not in known_na)
    return "right" if good else "wrong"


def count(results: Iterable[Run], engine: str) -> Counter[str]:
    """How many results of an engine came to each verdict."""
    return Counter(verdict(r) for r in results if engine in (r["engine"], "all"))


def table(ours: list[Run], alembic: list[Run]) -> list[str]:
    """Markdown: one line an engine, ours beside Alembic's on the same cases."""
    same = {(r["engine"], r["case"]) for r in ours if verdict(r) != "not counted"}
    theirs = [r for r in alembic if (r["engine"], r["case"]) in same]
    lines = ["| engine | runs | Alembic right | Assay right | refused | wrong |", "|---" * 6 + "|"]
    for engine in [*ENGINES, "all"]:
        own = count(ours, engine)
        runs = own["right"] + own["refused"] + own["wrong"]
        if runs:
            lines.append(
                f"| {ENGINES.get(engine, 'all')} | {runs} | {count(theirs, engine)['right']} "
                f"| {own['right']} | {own['refused']} | {own['wrong']} |"
            )
    return lines


def failing(results: Iterable[Run]) -> list[str]:
    """Markdown: what is not right, with the first reason."""
    lines = []
    for result in results:
        if verdict(result) in ("refused", "wrong"):
            failed = [k for k, v in result["v"].items() if v == "fail"]
            reasons = [result["reason"].get(k) for k in failed]
            said = next((r for r in reasons if r), "an earlier step failed")
            text = "; ".join(said) if isinstance(said, list) else str(said)
            lines.append(
                f"- {ENGINES[result['engine']]} `{result['case']}`: {verdict(result)}"
                f" ({', '.join(failed)}): {' '.join(text.split())[:300]}"
            )
    return lines


def page(results: dict[str, Any], alembic: dict[str, Any]) -> str:
    """``docs/fidelity.md``."""
    meta, theirs = results["meta"], alembic["meta"]
    servers = ", ".join(f"{ENGINES[e]} {v}" for e, v in meta["engines"].items())
    wrong = failing(results["results"]) or ["None."]
    lines = [
        "# Fidelity: one schema change, does the revision get there and back?",
        "",
        "Made by `make fidelity` (`scripts/fidelity.py --write`). Each case is a pair of table",
        "modules. A run is *right* when the revision generates, upgrades a database holding rows,",
        "gives exactly the catalog of `create_all`, leaves nothing for `assay check` to report,",
        "downgrades to exactly the old catalog, upgrades again, and every value that both schemas",
        "have is still there. *Refused*: nothing was written. *Wrong*: everything else.",
        "",
        f"Measured on {datetime.date.today().isoformat()}: Alembic {meta['alembic']}, SQLAlchemy "
        f"{meta['sqlalchemy']}, Python {meta['python']}; {servers}.",
        f"Alembic's own results: Alembic {theirs['alembic']}, SQLAlchemy {theirs['sqlalchemy']}, "
        "`compare_type` and `compare_server_default` on, batch mode on SQLite.",
        "",
        *table(results["results"], alembic["results"]),
        "",
        "## Not right",
        "",
        *wrong,
    ]
    if PAIRS.exists():
        lines += ["", "## Random pairs of schemas", "", *pairs()]
    return "\n".join(lines) + "\n"


def pairs() -> list[str]:
    """Markdown: what ``scripts/random_pairs.py`` found."""
    lines = [
        "Made by `scripts/random_pairs.py`: pairs of schemas, the second one to six edits from the",
        "first; generated, upgraded, compared, downgraded, upgraded again, rows kept.",
        "",
        "| engine | pairs | right | wrong | seed | date |",
        "|---" * 6 + "|",
    ]
    known = json.loads(PAIRS.read_text(encoding="utf-8"))
    for engine, one in sorted(known.items()):
        lines.append(
            f"| {ENGINES.get(engine, engine)} | {one['pairs']} | {one['right']} | {one['wrong']} "
            f"| {one['seed']} | {one['date']} |"
        )
    notes = [
        f"{ENGINES.get(e, e)}: {one['note']}" for e, one in sorted(known.items()) if "note" in one
    ]
    return [*lines, *(["", *notes] if notes else [])]


if __name__ == "__main__":
    main()
