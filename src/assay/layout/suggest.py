"""What an existing project would have to change, as diffs for its owner. Writes nothing."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from assay.layout.env_edit import edit_env, module_prefix
from assay.layout.existing import Existing, python_files
from assay.layout.values import Suggestion, unified_diff

__all__ = ["append_suggestion", "suggestions_for"]

TYPE_BASES = ("TypeDecorator", "UserDefinedType")


def suggestions_for(project: Existing) -> Iterator[Suggestion]:
    """What ``env.py``, ``script.py.mako`` and the metadata lack."""
    source = _read(project.env)
    if source is None:
        yield Suggestion(
            project.env,
            "",
            "There is no env.py where the configuration says it is: "
            "correct script_location, or make one with `alembic init`.",
        )
        return
    try:
        yield from _env(project, source)
        prefix = module_prefix(source)
    except SyntaxError as error:
        yield Suggestion(project.env, "", f"Line {error.lineno}: this is not Python: {error.msg}.")
        return
    if prefix is not None:
        yield from _mako(project, prefix)
    if not any("naming_convention" in (_read(path) or "") for path in python_files(project.root)):
        yield Suggestion(
            project.env,
            "",
            "No MetaData has a naming_convention: constraints without a name cannot be dropped by "
            "a revision. Give new constraints names; a convention added later renames nothing, "
            "and is itself a change of the schema.",
        )


def append_suggestion(root: Path, path: Path, addition: str, reason: str) -> Suggestion:
    """Text at the end of an existing file, as a suggestion."""
    before = _read(path) or ""
    glue = "" if not before or before.endswith("\n") else "\n"
    return Suggestion(
        path, unified_diff(_name(root, path), before, f"{before}{glue}{addition}"), reason
    )


def _env(project: Existing, source: str) -> Iterator[Suggestion]:
    edit = edit_env(source, batch=project.dialect in (None, "sqlite"))
    if edit.text != source:
        yield Suggestion(
            project.env,
            unified_diff(_name(project.root, project.env), source, edit.text),
            "; ".join(edit.reasons) + ".",
        )
    for advice in edit.advice:
        yield Suggestion(project.env, "", advice)


def _mako(project: Existing, prefix: str) -> Iterator[Suggestion]:
    """The import without which a revision with a custom type does not run."""
    path = project.scripts / "script.py.mako"
    text = _read(path)
    dotted = prefix.rstrip(".")
    if text is None or not dotted or _imports(text, dotted):
        return
    statements = sorted(set(_import_statements(project.root, dotted)))
    if not statements:
        return
    if len(statements) > 1:
        yield Suggestion(
            path,
            "",
            f"Custom types are rendered as {prefix}X, and nothing here imports {dotted}. Several "
            f"modules would fit; add the right one: {', or '.join(statements)}.",
        )
        return
    # After Alembic's own imports, before the ones that autogenerate adds.
    after = [match.end() for match in re.finditer(r"^(?:import|from) .*\n", text, re.MULTILINE)]
    if not after:
        return
    edited = f"{text[: after[-1]]}{statements[0]}\n{text[after[-1] :]}"
    yield Suggestion(
        path,
        unified_diff(_name(project.root, path), text, edited),
        f"Custom types are rendered as {prefix}X, and nothing here imports {dotted}: "
        "a revision with one does not run.",
    )


def _imports(mako: str, dotted: str) -> bool:
    """Whether some import line binds the first name of ``dotted``."""
    name = re.escape(dotted.partition(".")[0])
    pattern = rf"^\s*(?:from\s+\S+\s+import\b.*\b{name}\b|import\s+.*\b{name}\b)"
    return re.search(pattern, mako, re.MULTILINE) is not None


def _import_statements(root: Path, dotted: str) -> Iterator[str]:
    """For each module with a custom type, the import that makes it reachable as ``dotted``."""
    for path in python_files(root):
        module = _module_name(root, path)
        if module is None or not _defines_type(_read(path) or ""):
            continue
        if "." in dotted:
            if module == dotted:
                yield f"import {module}"
        elif module == dotted:
            yield f"import {module}"
        elif module.endswith(f".{dotted}"):
            yield f"from {module.removesuffix(f'.{dotted}')} import {dotted}"


def _module_name(root: Path, path: Path) -> str | None:
    folder = root
    # The src layout: src itself is on the path unless it is a package.
    if (root / "src") in path.parents and not (root / "src" / "__init__.py").exists():
        folder = root / "src"
    parts = list(path.relative_to(folder).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _defines_type(source: str) -> bool:
    if not any(base in source for base in TYPE_BASES):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return any(
        base in ast.unparse(expression)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for expression in node.bases
        for base in TYPE_BASES
    )


def _name(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _read(path: Path) -> str | None:
    """The text with its own line ends; None where there is no such text file."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
