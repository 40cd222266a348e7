"""What ``env.py`` would have to say in ``context.configure()``, put in where it is missing.

Text in, text out. The source is parsed, never run; everything that is not inserted stays as it was.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

__all__ = ["EnvEdit", "edit_env", "module_prefix"]

OPTIONS = ("compare_type", "compare_server_default", "render_as_batch")
REASONS = {
    "compare_type": "compare_type is not said (Alembic's default is on only since 1.12)",
    "compare_server_default": "compare_server_default is off: a changed default is not seen",
    "render_as_batch": "render_as_batch is off: SQLite cannot alter most things in place",
}
TYPE_OFF = "compare_type is off: a changed column type is not seen"


@dataclass(frozen=True)
class EnvEdit:
    """An ``env.py`` changed.

    :param reasons: what is wrong without the change, option by option.
    :param advice: what could not be put in by an edit and is left to a person.
    """

    text: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True)
class _Insertion:
    start: int
    end: int
    text: bytes


def edit_env(source: str, *, batch: bool) -> EnvEdit:
    """Set the options that autogenerate needs in each ``context.configure()`` with a connection.

    A call without one is Alembic's offline mode, which never autogenerates: left alone.

    :param batch: whether ``render_as_batch`` on SQLite is wanted.
    :raises SyntaxError: ``source`` is not Python.
    """
    tree = ast.parse(source)
    data = source.encode()
    wanted = OPTIONS if batch else OPTIONS[:2]
    insertions: list[_Insertion] = []
    reasons: dict[str, str] = {}
    advice: list[str] = []
    for call in _configure_calls(tree):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        connection = call.args[0] if call.args else given.get("connection")
        if connection is None and (None not in given or "url" in given):
            continue
        for name in wanted:
            value = given.get(name)
            if name != "render_as_batch" and _is_false(value):
                assert value is not None
                start, end = _span(data, value)
                insertions.append(_Insertion(start, end, b"True"))
                reasons[name] = TYPE_OFF if name == "compare_type" else REASONS[name]
        missing = [name for name in wanted if name not in given]
        if not missing:
            continue
        if None in given:
            # **options may hold them already; a second value would be a TypeError.
            advice.append(
                f"Line {call.lineno}: context.configure() gets **options. See that they hold "
                + " and ".join(f"{name}=..." for name in missing)
                + "."
            )
            continue
        pairs = []
        for name in missing:
            text = "True"
            if name == "render_as_batch":
                segment = ast.get_source_segment(source, connection) if connection else None
                if not isinstance(connection, (ast.Name, ast.Attribute, ast.Subscript)):
                    continue
                text = f'{segment}.dialect.name == "sqlite"'
            pairs.append(f"{name}={text}")
            reasons[name] = REASONS[name]
        if pairs:
            insertions += _into_call(data, call, pairs)
    edited = _apply(data, insertions).decode()
    if not _holds(edited, len(list(_configure_calls(tree)))):
        return EnvEdit(source, (), (*advice, f"Set {', '.join(reasons)} in context.configure()."))
    return EnvEdit(edited, tuple(reasons.values()), tuple(advice))


def module_prefix(source: str) -> str | None:
    """``user_module_prefix`` where ``env.py`` says it as a plain string.

    :raises SyntaxError: ``source`` is not Python.
    """
    for call in _configure_calls(ast.parse(source)):
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg == "user_module_prefix" and isinstance(value, ast.Constant):
                return value.value if isinstance(value.value, str) else None
    return None


def _configure_calls(tree: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "configure"
        and ast.unparse(node.func.value) in ("context", "alembic.context")
    ]


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _holds(text: str, calls: int) -> bool:
    """Whether an edit left Python with as many calls as before, no keyword in one twice."""
    try:
        # compile, not parse: a keyword said twice is found only there.
        compile(text, "env.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return len(_configure_calls(ast.parse(text))) == calls


def _into_call(data: bytes, call: ast.Call, pairs: list[str]) -> list[_Insertion]:
    """Further keyword arguments, laid out as the call's own are."""
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    spans = [_span(data, argument) for argument in arguments]
    last_end = max(end for _, end in spans)
    close = _span(data, call)[1] - 1
    tail = data[last_end:close]
    comma = b"," in re.sub(rb"#[^\n]*", b"", tail)
    line_start = data.rfind(b"\n", 0, last_end) + 1
    first = min(start for start, end in spans if end > line_start)
    lead = data[data.rfind(b"\n", 0, first) + 1 : first]
    indent = b" " * len(lead) if lead.strip() else lead
    line_end = data.find(b"\n", last_end)
    ending = b"\r\n" if data[line_end - 1 : line_end] == b"\r" else b"\n"
    lines = [indent + pair.encode() for pair in pairs]
    if b"\n" not in tail:
        # The call ends on this line: new arguments come before its closing parenthesis.
        text = (b"," + ending).join([b"", *lines])
        return [_Insertion(last_end, close, text)]
    found = [] if comma else [_Insertion(last_end, last_end, b",")]
    text = b"".join(line + b"," + ending for line in lines)
    return [*found, _Insertion(line_end + 1, line_end + 1, text)]


def _span(data: bytes, node: ast.expr | ast.keyword) -> tuple[int, int]:
    """Byte offsets of a node; ``ast`` counts columns in UTF-8 bytes."""
    starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (
        starts[node.lineno - 1] + node.col_offset,
        starts[node.end_lineno - 1] + node.end_col_offset,
    )


def _apply(data: bytes, insertions: list[_Insertion]) -> bytes:
    for change in sorted(insertions, key=lambda one: one.start, reverse=True):
        data = data[: change.start] + change.text + data[change.end :]
    return data
