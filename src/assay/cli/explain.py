"""``assay explain``: what a rule of the review is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from assay.cli.running import JSON, run_plain

if TYPE_CHECKING:
    from assay.procedure.session import Listener
    from assay.report import Report

NAME = "explain"


def command(
    rule: str = typer.Argument(
        None, metavar="[RULE]", help="As a finding names it; all by default."
    ),
    as_json: bool = JSON,
) -> None:
    """Tell what a rule of the review flags, why, and what to do instead."""

    def work(listener: Listener) -> Report:
        from assay.procedure.explaining import explain

        return explain(rule, listener.done)

    run_plain(NAME, work, as_json=as_json)
