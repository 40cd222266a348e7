"""The command line: one thin file per command: parse → procedure → report → exit code."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the ``assay`` program."""
    try:
        from assay.cli.app import run

        run()
    except KeyboardInterrupt:
        import sys

        sys.stderr.write("error: Interrupted.\n")
        raise SystemExit(2) from None
