"""Assay and three linters on the catalogue's bad and safe forms, and on real safe revisions.

    python scripts/bench_peers/run.py [--url URL] [--folder build/bench-peers] [--write] [FORM ...]
    python scripts/bench_peers/run.py --only assay --write     the others as they answered last time

The PostgreSQL server is a private one, started for the run, or the one that --url names. The peers
get an environment of their own under --folder, made once by pip. Every form is applied to the server
first: one that does not do what it says is named, and the run ends with 1. What the tools said is kept
in --folder/said.json; docs/bench-peers.md is written with --write.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from baseline import HARMLESS
from corpus import Subject, check, lay_out, prepared, subjects
from forms import Form, every_form
from judge import Verdict, always, judge
from peers import TOOLS, Finding, Said, Tools, install, versions
from real import choose, walked
from report import page

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from benching import Server, a_server  # noqa: E402

PAGE = ROOT / "docs" / "bench-peers.md"
WORKERS = 2

Answers = dict[str, dict[str, Said]]
"""By the subject's name, then by tool."""


def ask_all(tools: Tools, asked: Iterable[Subject], names: Iterable[str] = TOOLS) -> Answers:
    """Ask every tool about every subject, as many at once as there are workers."""
    pairs = [(subject, tool) for subject in asked for tool in names]
    answers: Answers = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        said = pool.map(lambda pair: tools.ask(pair[1], pair[0]), pairs)
        for (subject, tool), one in zip(pairs, said, strict=True):
            answers.setdefault(subject.name, {})[tool] = one
    return answers


def apply_forms(url: str, folder: Path, forms: Iterable[Form]) -> list[str]:
    """Apply every form to the server; what is wrong with which."""
    wrong = []
    with prepared(url, folder) as template:
        for form in forms:
            bad, safe = subjects(folder, form)
            for subject, fails in ((bad, form.fails), (safe, "")):
                said = check(template, subject, fails)
                if said:
                    wrong.append(f"{subject.name}: {said}")
    return wrong


def keep(file: Path, answers: Answers) -> None:
    """Keep the answers for :func:`kept`."""
    said = {n: {t: asdict(s) for t, s in by.items()} for n, by in answers.items()}
    file.write_text(json.dumps(said, indent=1), encoding="utf-8")


def kept(file: Path, answers: Answers) -> Answers:
    """The answers, and where a tool was not asked what it said last time."""
    last = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: {
            tool: Said(tuple(Finding(**f) for f in said["findings"]), said["error"])
            for tool, said in last[name].items()
        }
        | by
        for name, by in answers.items()
    }


def mute(answers: Answers) -> list[str]:
    """Every tool that could not look at a revision, and why."""
    return [
        f"{tool} on {name}: {said.error}"
        for name, by in answers.items()
        for tool, said in by.items()
        if said.error
    ]


def verdicts(
    answers: Answers, forms: Iterable[Form], general: dict[str, frozenset[str]]
) -> dict[str, dict[str, Verdict]]:
    """By form and tool."""
    return {
        form.ident: {
            tool: judge(
                form,
                answers[f"{form.ident}-bad"][tool],
                answers[f"{form.ident}-safe"][tool],
                general[tool],
            )
            for tool in TOOLS
        }
        for form in forms
    }


def _versions(tools: Tools) -> dict[str, str]:
    own = {name: version(name) for name in ("assay", "alembic", "SQLAlchemy")}
    return own | versions(tools.bin)


def main() -> int:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("forms", nargs="*", help="beginnings of forms' names (default: all)")
    parser.add_argument("--url", help="URL of a PostgreSQL server (default: one for the run)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench-peers")
    parser.add_argument("--projects", type=Path, default=ROOT / "build" / "real-projects")
    parser.add_argument("--no-real", action="store_true", help="leave the real projects out")
    parser.add_argument(
        "--only", choices=TOOLS, help="ask this tool, take the others' last answers"
    )
    parser.add_argument("--choose", action="store_true", help="list safe real revisions anew")
    parser.add_argument("--write", action="store_true", help="write docs/bench-peers.md")
    options = parser.parse_args()
    if options.write and (options.forms or options.no_real):
        parser.error("the page is written of a whole run only")
    began = time.perf_counter()
    with a_server(options.url) as server:
        code = measured(options, server)
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
    return code


def measured(options: argparse.Namespace, server: Server) -> int:
    """Everything, on a server; 1 if a form or a listed revision is not what it should be."""
    folder = options.folder.resolve()
    forms = [
        f for f in every_form() if not options.forms or f.ident.startswith(tuple(options.forms))
    ]
    places = folder / "forms"
    shutil.rmtree(places, ignore_errors=True)
    wrong = apply_forms(server.url, places, forms)
    tools = Tools(install(folder / "peers"), Path(sys.executable), server.url, (ROOT / "src",))
    harmless = [
        lay_out(places, f"harmless-{i}", body, "harmless", timeouts=False)
        for i, body in enumerate(HARMLESS)
    ]
    asked = [*harmless, *(s for form in forms for s in subjects(places, form))]
    names = [options.only] if options.only else list(TOOLS)
    answers = ask_all(tools, asked, names)
    if not options.only:
        keep(folder / "said.json", answers)
    if options.choose:
        choose(options.projects.resolve(), server.url)
    if not options.no_real:
        found = walked(options.projects.resolve(), server.url, WORKERS)
        wrong += [f"{r.subject.name} is not safe: {r.unsafe}" for r in found if r.unsafe]
        peers = ask_all(tools, [r.subject for r in found], [n for n in names if n != "assay"])
        for r in found:
            answers[r.subject.name] = {"assay": r.assay, **peers.get(r.subject.name, {})}
    else:
        found = []
    if options.only:
        answers = kept(folder / "said.json", answers)
    real = [(r, answers[r.subject.name]) for r in found]
    general = always({t: [answers[s.name][t] for s in harmless] for t in TOOLS})
    judged = verdicts(answers, forms, general)
    keep(folder / "said.json", answers)
    text = page(forms, judged, general, real, _versions(tools), server.description)
    (folder / "bench-peers.md").write_text(text, encoding="utf-8")
    print(text[text.index("## Sums") : text.index("## The rules that counted")])
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    for line in [*wrong, *mute(answers)]:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
