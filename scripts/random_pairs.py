"""Runs random pairs of schemas, thousands of them, and says which revisions are not right.

    python scripts/random_pairs.py ENGINE N [--seed S] [--failing FOLDER] [--write]

ENGINE is sqlite, postgresql or mariadb. Each pair that fails is made smaller and printed as source,
with what was not right. ``--failing`` writes each into a file of its own as well, ``--write`` the
counts into docs/random-pairs.json, which the fidelity page shows. ``ASSAY_TEST_POSTGRESQL`` and
``ASSAY_TEST_MYSQL`` name other servers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "generate")]

from edits import Pair, pairs, problems  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from pairs import Place  # noqa: E402
from reducing import reduced  # noqa: E402

RESULTS = ROOT / "docs" / "random-pairs.json"
SERVERS = {
    "postgresql": (
        "ASSAY_TEST_POSTGRESQL",
        "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    ),
    "mariadb": ("ASSAY_TEST_MYSQL", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}
GONE = ("Lost connection", "Can't connect to", "server closed the connection")


def main() -> None:
    """Run, print what fails, and write the counts where asked."""
    parser = argparse.ArgumentParser(description="Random pairs of schemas.")
    parser.add_argument("engine", choices=["sqlite", *SERVERS])
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failing", type=Path, help="a folder for failing pairs")
    parser.add_argument("--write", action="store_true", help="write docs/random-pairs.json")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        named = SERVERS.get(chosen.engine)
        place = Place(os.environ.get(*named) if named else Path(folder))
        counts = run(place, chosen.engine, chosen.number, chosen.seed, chosen.failing)
    print(f"{chosen.engine}: {counts['right']} of {counts['pairs']} right")
    if chosen.write:
        write(chosen.engine, chosen.seed, counts)
    raise SystemExit(1 if counts["wrong"] else 0)


def run(place: Place, engine: str, number: int, start: int, folder: Path | None) -> Counter[str]:
    """Run that many pairs; failing ones of a new kind are made smaller and shown."""
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()

    @seed(start)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(pair=pairs("mysql" if engine == "mariadb" else engine))
    def one(pair: Pair) -> None:
        counts["pairs"] += 1
        found = problem(place, pair)
        counts["wrong" if found else "right"] += 1
        if not found:
            return
        if any(sign in found for sign in GONE):
            raise SystemExit(f"the server is gone: {found}\n{pair!r}")
        kinds[kind(found)] += 1
        if kinds[kind(found)] > 1:
            return
        smaller = reduced(pair, lambda p: kind(problem(place, p)) == kind(found))
        text = f"{smaller!r}\n# {problem(place, smaller)}\n"
        print(f"--- {counts['pairs']} ({time.strftime('%H:%M:%S')})\n{text}", flush=True)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{engine}-{start}-{counts['pairs']}.py").write_text(text, encoding="utf-8")

    one()
    for each, times in kinds.most_common():
        print(f"{times:5} {each}")
    return counts


def problem(place: Place, pair: Pair) -> str:
    """What is not right with a pair, in a line; empty when all is."""
    try:
        return "; ".join(problems(place, pair))[:600]
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:600]


def kind(found: str) -> str:
    """A problem without its names, so that one fault is shown once."""
    import re

    text = re.sub(r"\(Background.*|\[SQL.*|DETAIL.*|LINE \d.*", "", found.split(";")[0])
    return re.sub(r"['\"`][^'\"`]*['\"`]|\b[A-Za-z_]*\d+\w*|\b\S+\.\S+", "…", text)[:90]


def write(engine: str, start: int, counts: Counter[str]) -> None:
    """Add the counts of an engine to docs/random-pairs.json."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    known[engine] = {
        **{name: counts[name] for name in ("pairs", "right", "wrong")},
        "seed": start,
        "date": datetime.date.today().isoformat(),
    }
    RESULTS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
