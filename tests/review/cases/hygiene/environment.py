from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY);"
COLUMN = 'op.add_column("users", sa.Column("nick", sa.String(20)))'
DROP = 'op.drop_column("users", "nick")'

CASES = (
    *(
        Case(
            "hygiene/environment",
            engine,
            SETUP,
            bad=f'if os.environ.get("ASSAY_TEST_NO_NICKS") is None:\n    {COLUMN}',
            bad_down=DROP,
            good='if LENGTH:\n    op.add_column("users", sa.Column("nick", sa.String(LENGTH)))',
            good_down=DROP,
            advised=COLUMN,
            advised_down=DROP,
            # read while the file is loaded, not while it runs
            preamble='import os\nLENGTH = int(os.environ.get("ASSAY_TEST_LENGTH", "30"))',
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "hygiene/environment",
        "sqlite",
        SETUP,
        bad=COLUMN,
        bad_down=f'if "ASSAY_TEST_KEEP" not in os.environ:\n    {DROP}',
        good=COLUMN,
        good_down=DROP,
        advised=COLUMN,
        advised_down=DROP,
        preamble="import os",
    ),
)
