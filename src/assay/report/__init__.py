"""What is shown: a document as a value, and one file per form."""

from assay.report.document import Line, Report, Status, Step

__all__ = ["Line", "Report", "Status", "Step"]
