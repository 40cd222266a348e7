"""One adapter for each tool: a revision in, what the tool says of it out.

Each is run as its own documentation says, with the settings that suit PostgreSQL 15 and Alembic:

- *assay*: ``assay review REV --json`` in the project.
- *squawk*: on the output of ``alembic upgrade BEFORE:REV --sql``, ``--pg-version 15``; and once more
  with every rule that is off by default (the rollback compatibility rules of its release 2.68.0).
- *alembic-guard*: ``--strict`` on the revision's file. ``--include-downgrade`` is left off: each
  downgrade drops what its upgrade made, and it would say so of every revision.
- *migration-lint*: ``--loader local_git --extractor alembic`` in a git repository where the revision
  is new; a changed file of models is beside it, because operations that break old code are only
  reported where other files change as well.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus import Subject

__all__ = [
    "OPT_IN",
    "PACKAGES",
    "TOOLS",
    "UNREADABLE",
    "Finding",
    "Said",
    "Tools",
    "install",
    "versions",
]

PACKAGES = ("squawk-cli", "alembic-guard", "migration-lint[git]")
TOOLS = ("assay", "squawk", "squawk, all rules", "alembic-guard", "migration-lint")
UNREADABLE = "cannot-read"
"""What a tool says when it knows a statement, or the revision, not at all: no hazard is named by it."""
OPT_IN = (
    "require-table-schema",
    "ban-alter-generated-expression",
    "ban-drop-index",
    "ban-set-default",
    "ban-disable-trigger",
    "ban-replica-identity",
    "ban-drop-policy",
    "ban-revoke",
    "ban-replace-view-function",
    "ban-create-policy",
    "ban-alter-policy-condition",
    "ban-alter-policy-roles",
    "ban-alter-row-level-security",
    "ban-alter-function-options",
    "ban-alter-view-options",
    "ban-alter-role-options",
    "ban-alter-database-options",
    "ban-alter-system-options",
    "ban-alter-extension",
    "ban-new-write-restriction",
    "ban-add-column",
    "ban-add-enum-value",
    "ban-add-composite-attribute",
    "ban-detach-inheritance",
    "ban-alter-sequence-values",
)
LIMIT = 180.0
"""Seconds for one run of one tool."""
REPORTED = (
    (re.compile(r"^- Statement can't be identified"), UNREADABLE),
    (re.compile(r"^- There are restricted statements"), "restricted"),
    (re.compile(r"^- You have backward incompatible"), "backward-incompatible"),
    (re.compile(r"^- Seems like you have data migration"), "data-with-schema"),
    (re.compile(r"^\s*- squawk \w+: (\S+)"), "squawk/{}"),
)
"""What migration-lint prints as text, each with the name it gets here."""


@dataclass(frozen=True)
class Finding:
    """One thing a tool says of a revision."""

    rule: str
    severity: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Said:
    """Everything a tool says of a revision.

    :param error: why it could not look at all.
    """

    findings: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules that found something."""
        return frozenset(f.rule for f in self.findings)


@dataclass(frozen=True)
class Tools:
    """The tools, installed.

    :param bin: programs of the peers' own environment.
    :param python: runs Assay; ``paths`` stand before everything on its path.
    :param server: URL of the PostgreSQL server on which Assay makes its shadows.
    """

    bin: Path
    python: Path
    server: str
    paths: tuple[Path, ...] = ()

    def ask(self, tool: str, subject: Subject) -> Said:
        """What one of :data:`TOOLS` says of a revision."""
        if tool == "assay":
            return self.assay(subject)
        if tool == "alembic-guard":
            return self.alembic_guard(subject)
        if subject.sql is None:
            return Said(error=f"alembic upgrade --sql: {subject.no_sql}")
        if tool == "migration-lint":
            return self.migration_lint(subject, subject.sql)
        return self.squawk(subject.sql, OPT_IN if tool == TOOLS[2] else ())

    def assay(self, subject: Subject) -> Said:
        """``assay review``."""
        paths = os.pathsep.join(map(str, self.paths))
        done = subprocess.run(
            [str(self.python), "-m", "assay", "review", subject.revision, "--json"],
            cwd=subject.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
            env={**os.environ, "ASSAY_SHADOW_POSTGRESQL": self.server}
            | ({"PYTHONPATH": paths} if paths else {}),
        )
        try:
            document = json.loads(done.stdout)
        except ValueError:
            return Said(error=(done.stderr or done.stdout)[-300:])
        found = [
            Finding(f["rule"], f["severity"], f["message"], f["line"])
            for step in document["steps"]
            for f in step.get("findings", ())
            if f["waived"] is None
        ]
        return Said(tuple(found), (document.get("error") or {}).get("what", ""))

    def squawk(self, sql: str, extra: tuple[str, ...]) -> Said:
        """``squawk`` on SQL; ``extra`` are rules that are off by default."""
        words = ["--reporter", "json", "--pg-version", "15.0"]
        done = subprocess.run(
            [self.bin / "squawk", *words, *(f"--include={r}" for r in extra)],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        try:
            found = json.loads(done.stdout)
        except ValueError:
            return Said(error=(done.stderr or done.stdout)[-300:])
        return Said(
            tuple(
                Finding(
                    UNREADABLE if f["rule_name"] == "syntax-error" else f["rule_name"],
                    f["level"].lower(),
                    f["message"],
                    f["line"],
                )
                for f in found
            )
        )

    def alembic_guard(self, subject: Subject) -> Said:
        """``alembic-guard`` on the revision's file."""
        done = subprocess.run(
            [self.bin / "alembic-guard", "--strict", "--format", "json", subject.file],
            cwd=subject.file.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        try:
            found = json.loads(done.stdout)
        except ValueError:
            return Said(error=(done.stderr or done.stdout)[-300:])
        return Said(
            tuple(
                Finding(f"{f['rule']} {f['name']}", f["severity"], f["message"], f["line"])
                for f in found
            )
        )

    def migration_lint(self, subject: Subject, sql: str) -> Said:
        """``migration-lint`` in a git repository of its own.

        It takes a revision's id from the second word of the file's name and from what Alembic
        prints, and knows letters, digits and underscores only: the id is replaced.
        """
        with TemporaryDirectory() as name:
            root = Path(name)
            git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
            for words in (["init", "-q"], ["commit", "-qm", "before", "--allow-empty"]):
                subprocess.run([*git, *words], cwd=root, check=True, capture_output=True)
            versions = root / "app" / "versions"
            versions.mkdir(parents=True)
            (versions / "20260102_r1_change.py").write_text(subject.file.read_text())
            (root / "app" / "models.py").write_text("changed = True\n")
            subprocess.run([*git, "add", "app"], cwd=root, check=True)
            told = re.sub(r"(?m)^-- Running upgrade .*$", "-- Running upgrade r0 -> r1", sql)
            (root / "upgrade.sql").write_text(told)
            done = subprocess.run(
                [
                    self.bin / "migration-lint",
                    *("--loader", "local_git", "--extractor", "alembic"),
                    *("--alembic-command", "cat upgrade.sql", "--squawk-pg-version", "15.0"),
                ],
                cwd=root,
                capture_output=True,
                text=True,
                check=False,
                timeout=LIMIT,
                env={**os.environ, "MIGRATION_LINT_ALEMBIC_MIGRATIONS_PATH": "/versions/"},
            )
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr + done.stdout)
        if "Traceback" in text or "Analyzing migration" not in text:
            return Said(error=text[-300:])
        found = []
        for line in text.partition("Errors found in migrations:")[2].splitlines():
            for pattern, rule in REPORTED:
                said = pattern.match(line)
                if said:
                    found.append(Finding(rule.format(*said.groups()), "error", line.strip()))
        if bool(found) != (done.returncode == 1):
            return Said(error=f"exit code {done.returncode}: {text[-300:]}")
        return Said(tuple(found))


def install(venv: Path) -> Path:
    """The peers in an environment of their own, made once; gives the folder of its programs."""
    ready = venv / ".ready"
    if not ready.exists():
        print(f"installing {', '.join(PACKAGES)} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-qq", *PACKAGES], check=True)
        ready.touch()
    return venv / "bin"


def versions(bin_folder: Path) -> dict[str, str]:
    """The version of each peer, and of the squawk that migration-lint brings along."""
    names = [p.partition("[")[0] for p in PACKAGES]
    code = f"from importlib.metadata import version as v; print(*map(v, {names!r}))"
    out = subprocess.run(
        [bin_folder / "python", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    return dict(zip(names, out, strict=True))
