"""Changes of tables in use. On PostgreSQL each statement is in a transaction of its own.

Those named ``…_online`` belong in ``with op.get_context().autocommit_block():``. Each looks at the
catalog first and does what is left to do, so a run that died in the middle is run again to its end.
On other servers they are Alembic's own operations, where nothing else is said.
"""

from __future__ import annotations

from assay.operations.online import aside as aside
from assay.operations.online import backfill as backfill
from assay.operations.online import columns as columns
from assay.operations.online import constraints as constraints
from assay.operations.online import enums as enums
from assay.operations.online import indexes as indexes
from assay.operations.online import keys as keys
from assay.operations.online import not_null as not_null
from assay.operations.online import resuming as resuming
from assay.operations.online import stated as stated
from assay.operations.online import waiting as waiting
