"""Reports for a terminal: colours, a mark for each step, a spinner while something is done."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from assay.report.document import Line, Report, Status, Step

__all__ = ["print_closing", "print_step"]

_MARK = {
    Status.PASSED: ("✓", "green"),
    Status.STOPPED: ("✗", "bold red"),
    Status.DECIDE: ("?", "bold yellow"),
    Status.SKIPPED: ("–", "dim"),
    Status.NOTE: ("·", "cyan"),
}
_STYLE = {
    "added": "green",
    "removed": "red",
    "altered": "yellow",
    "finding": "bold red",
    "hint": "dim",
    "plain": "",
}
_INDENT = 15


def print_step(console: Console, step: Step) -> None:
    """One step: number, name, mark, summary, then its lines."""
    mark, colour = _MARK[step.status]
    head = Text()
    head.append(f" {step.number or ' '} ", "dim")
    head.append(f"{step.name:<9}", "bold")
    head.append(f" {mark} ", colour)
    body = Text(step.summary)
    if step.seconds is not None and step.seconds >= 1:
        body.append(f"  {step.seconds:.1f} s", "dim")
    _print_hanging(console, head, body)
    for line in step.lines:
        _print_line(console, line)


def _print_hanging(console: Console, head: Text, body: Text) -> None:
    """The body beside the head, wrapped lines below the body's first."""
    width = max(console.width - head.cell_len, 20)
    wrapped = body.wrap(console, width)
    for number, text in enumerate(wrapped):
        prefix = head if number == 0 else Text(" " * head.cell_len)
        console.print(Text.assemble(prefix, text), soft_wrap=True)


def _print_line(console: Console, line: Line) -> None:
    indent = _INDENT + 2 * line.depth
    if line.style == "sql":
        code = Syntax(
            line.text, "sql", background_color="default", theme="ansi_dark", word_wrap=True
        )
        console.print(Padding(code, (0, 0, 0, indent)))
        return
    text = Text(line.text, _STYLE.get(line.style, ""))
    _print_hanging(console, Text(" " * indent), text)


def print_closing(console: Console, report: Report) -> None:
    """What came of it and what to do now."""
    code = int(report.exit_code)
    colour = {0: "bold green", 3: "bold yellow"}.get(code, "bold red")
    console.print()
    error = report.data.get("error")
    console.print(Text(report.summary, colour))
    if error:
        if error["where"]:
            console.print(Text(f"  {error['where']}", "cyan"))
        if error["cause"]:
            console.print(Padding(Text(str(error["cause"]), "dim"), (0, 0, 0, 2)))
    if report.next_step:
        _print_hanging(console, Text("  next: ", "bold"), Text(report.next_step))
