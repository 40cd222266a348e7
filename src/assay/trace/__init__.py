"""What each statement of a revision did on a shadow."""

from assay.trace.effects import StatementEffect, Trace

__all__ = ["StatementEffect", "Trace"]
