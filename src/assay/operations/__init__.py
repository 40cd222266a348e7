"""Operations that Alembic does not have, for revisions that need them.

``import assay.operations`` in a revision registers them as ``op.…``; it needs nothing of Assay but
this package, which imports Alembic and SQLAlchemy only. Generation writes the import.
"""

from __future__ import annotations

from assay.operations import check_deferred as check_deferred
from assay.operations import columns as columns
from assay.operations import comments as comments
from assay.operations import constraints as constraints
from assay.operations import domains as domains
from assay.operations import enums as enums
from assay.operations import identity as identity
from assay.operations import in_one_statement as in_one_statement
from assay.operations import indexes as indexes
from assay.operations import keep_index as keep_index
from assay.operations import map_values as map_values
from assay.operations import missing_parents as missing_parents
from assay.operations import modify_column as modify_column
from assay.operations import modify_table as modify_table
from assay.operations import online as online
from assay.operations import partitions as partitions
from assay.operations import rebuild_table as rebuild_table
from assay.operations import rename_column as rename_column
from assay.operations import rename_foreign_key as rename_foreign_key
from assay.operations import schemas as schemas
from assay.operations import sequences as sequences
from assay.operations import table_options as table_options
from assay.operations import views as views
from assay.operations.rendering import IMPORT
from assay.operations.verbatim import Verbatim

__all__ = ["IMPORT", "Verbatim"]
