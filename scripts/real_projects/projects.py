"""Real projects from PyPI, unmodified, and the little that each needs around it.

A project's folder gets an ``alembic.ini`` that points into the installed package, ``[tool.assay]`` in a
``pyproject.toml``, and a ``hook.py`` where an application must be prepared. Nothing is copied from the
packages.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LOGGING = """
[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)s %(message)s
"""


@dataclass(frozen=True)
class Project:
    """One real project.

    :param package: what pip installs; the version that was measured.
    :param script_location: Alembic's, into the installed package.
    :param env: variables for ``env.py``; ``{url}`` and ``{home}`` are filled in.
    :param hook: source of ``hook.py``, whose ``setup`` is ``[tool.assay] setup``.
    :param drivers: SQLAlchemy's URL prefix for each engine the project supports.
    :param overlay: the project pins an Alembic older than Assay supports; newer ones are put before
        it on the path, the environment itself stays as pip made it.
    """

    name: str
    package: str
    script_location: str
    env: dict[str, str] = field(default_factory=dict)
    hook: str = ""
    options: str = ""
    baseline: str = ""
    target: str = ""
    drivers: dict[str, str] = field(
        default_factory=lambda: {"sqlite": "sqlite", "postgresql": "postgresql+psycopg2"}
    )
    overlay: bool = False


URL_HOOK = """import os


def setup(config):
    config.set_main_option("sqlalchemy.url", os.environ["REAL_URL"].replace("%", "%%"))
"""

PROJECTS = (
    Project(
        "airflow",
        "apache-airflow-core==3.3.2",
        "airflow:migrations",
        {
            "AIRFLOW_HOME": "{home}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "{url}",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        },
    ),
    Project(
        "argilla-server",
        "argilla-server==2.8.0",
        "argilla_server:alembic",
        {"ARGILLA_DATABASE_URL": "{url}", "ARGILLA_HOME_PATH": "{home}"},
        overlay=True,
    ),
    Project(
        "mlflow",
        "mlflow==3.17.2",
        "mlflow:store/db_migrations",
        {"REAL_URL": "{url}", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
        """import os


def setup(config):
    import mlflow.store.db.utils  # noqa: F401  env.py alone leaves the metadata empty

    config.set_main_option("sqlalchemy.url", os.environ["REAL_URL"].replace("%", "%%"))
""",
        baseline='revision = "base"\n'
        'create_all = "mlflow.store.tracking.dbmodels.initial_models:Base"\n',
    ),
    Project(
        "optuna",
        "optuna==5.0.0",
        "optuna.storages._rdb:alembic",
        {"REAL_URL": "{url}"},
        URL_HOOK,
    ),
    Project(
        "prefect",
        "prefect==3.8.8",
        "prefect:server:database:_migrations",
        {"PREFECT_API_DATABASE_CONNECTION_URL": "{url}", "PREFECT_HOME": "{home}"},
        """import asyncio
import os


def setup(config):
    import prefect.server.database as package
    from prefect.utilities import asyncutils

    # env.py wants a worker thread of a running event loop
    asyncutils.run_async_from_worker_thread = lambda call: asyncio.run(call())
    # env.py says where the revisions are only when it runs
    url = os.environ["PREFECT_API_DATABASE_CONNECTION_URL"]
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    folder = os.path.join(os.path.dirname(package.__file__), "_migrations", "versions", dialect)
    config.set_main_option("version_locations", folder)
""",
        options="revision_environment = true\npath_separator = os\n",
        drivers={"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"},
    ),
    Project(
        "jupyterhub",
        "jupyterhub==6.1.1",
        "jupyterhub:alembic",
        {"REAL_URL": "{url}"},
        URL_HOOK,
        baseline='revision = "head"\ncreate_all = "jupyterhub.orm:Base"\n',
    ),
    Project(
        "dagster",
        "dagster==1.13.29",
        "dagster:_core/storage/alembic",
        {"REAL_URL": "{url}", "DAGSTER_HOME": "{home}"},
        """import os
from contextlib import contextmanager

from sqlalchemy import create_engine, pool


@contextmanager
def setup(config):
    from dagster import DagsterInstance
    from dagster._core.storage.migration.utils import upgrading_instance

    engine = create_engine(os.environ["REAL_URL"], poolclass=pool.NullPool)
    # some revisions ask for the instance that is upgraded
    with DagsterInstance.ephemeral() as instance, upgrading_instance(instance):
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            yield
            connection.commit()
""",
        drivers={"sqlite": "sqlite"},
    ),
    Project(
        "aiida-core",
        "aiida-core==2.9.4",
        "aiida.storage.psql_dos:migrations",
        {"REAL_URL": "{url}", "AIIDA_PATH": "{home}"},
        """import os
from contextlib import contextmanager

from sqlalchemy import create_engine, pool


class Models:
    @property
    def metadata(self):
        from aiida.storage.psql_dos.models.base import get_orm_metadata

        return get_orm_metadata()


models = Models()


@contextmanager
def setup(config):
    from aiida.manage.configuration.profile import Profile

    settings = {
        "storage": {"backend": "core.psql_dos", "config": {}},
        "process_control": {"backend": None, "config": {}},
    }
    config.attributes["aiida_profile"] = Profile("assay", settings, validate=False)
    with create_engine(os.environ["REAL_URL"], poolclass=pool.NullPool).connect() as connection:
        config.attributes["connection"] = connection
        yield
        connection.commit()
""",
        # three bases and heads, of which two are the history of earlier frameworks
        target="main@head",
        baseline='revision = "main_0001"\ncreate_all = "hook:models"\n',
        drivers={"postgresql": "postgresql+psycopg2"},
    ),
)
