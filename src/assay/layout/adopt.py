"""A project that has Alembic already: what is missing is added, nothing that exists is changed."""

from __future__ import annotations

from pathlib import Path

from assay.config.reading import read_toml
from assay.layout.existing import Existing
from assay.layout.files import PARITY_TEST, PROCEDURE_PAGE, Writer, render
from assay.layout.new import assay_table
from assay.layout.suggest import append_suggestion, suggestions_for
from assay.layout.values import LayoutResult, Suggestion

__all__ = ["adopt"]


def adopt(project: Existing) -> LayoutResult:
    """Add the parity test, the page of the procedure and the settings where they are missing.

    :raises assay.errors.UsageError: a file cannot be made, or ``pyproject.toml`` is not TOML.
    """
    root = project.root
    pyproject = root / "pyproject.toml"
    tool = read_toml(pyproject).get("tool", {}) if pyproject.is_file() else {}
    suggestions = list(suggestions_for(project))
    writer = Writer(root)
    config = _relative(root, project.ini) if project.ini is not None else None
    if not pyproject.is_file():
        writer.add("pyproject.toml", assay_table(config))
    elif isinstance(tool, dict) and "assay" in tool:
        writer.kept.append(pyproject)
    else:
        writer.kept.append(pyproject)
        reason = "The tool's settings; everything in them has a default but what is special here."
        suggestions.append(append_suggestion(root, pyproject, "\n" + assay_table(config), reason))
    present = _parity_test(root)
    if present is None:
        writer.add(PARITY_TEST, render(f"{PARITY_TEST}.tmpl"))
    else:
        writer.kept.append(present)
    scripts = _relative(root, project.scripts)
    writer.add(
        PROCEDURE_PAGE,
        render(
            f"{PROCEDURE_PAGE}.tmpl",
            {
                "models": f"the models that `{scripts}/env.py` gives to Alembic",
                "versions": f"{scripts}/versions/",
                "env": f"{scripts}/env.py",
                "test": "pytest -x -q",
            },
        ),
    )
    return LayoutResult(
        created=tuple(writer.created),
        kept=tuple(writer.kept),
        suggestions=tuple(suggestions),
        next_steps=_next_steps(suggestions),
    )


def _parity_test(root: Path) -> Path | None:
    """A parity test that is there already, under whatever name."""
    for folder in (root / "tests", root / "test"):
        for path in sorted(folder.rglob("*.py")):
            # Two test files of one name stop pytest where they are not in packages.
            if path.name == Path(PARITY_TEST).name:
                return path
            try:
                if "assert_schema_parity" in path.read_text(encoding="utf-8"):
                    return path
            except (OSError, UnicodeDecodeError):
                continue
    return None


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _next_steps(suggestions: list[Suggestion]) -> tuple[str, ...]:
    steps = []
    if any(suggestion.diff for suggestion in suggestions):
        steps.append("Look at each diff; save the ones you want and run `git apply` on them.")
    return (*steps, "assay doctor", "assay check", f"Read {PROCEDURE_PAGE}.")
