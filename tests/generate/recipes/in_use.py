"""A project whose tables are in use on a real server, taken by one change to other models."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from assay.catalog import Snapshot
from assay.dialects import load
from assay.generate.answers import Answers
from assay.generate.revision import Written
from assay.procedure.parts import examined
from assay.procedure.session import Session
from assay.procedure.writing import write
from assay.project.project import query_on
from assay.prove.parity import same_catalog
from assay.review.engine import Review
from assay.trace.effects import Trace
from small_project import lay_out, opened, sync_env

HEAD = "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
ENGINE = "sa.create_engine(context.config.get_main_option('sqlalchemy.url'))"
HOOK = "transaction_per_migration=True"


@dataclass
class InUse:
    """A project, and its real database with rows in it."""

    folder: Path
    url: str
    written: Written | None = None
    reviews: list[Review] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    @property
    def config(self) -> Config:
        """Alembic's own, as a person has it."""
        return Config(str(self.folder / "alembic.ini"))

    def models(self, source: str) -> None:
        """Edit the models."""
        env = sync_env(ENGINE, models=HEAD + source, options=HOOK)
        (self.folder / "migrations" / "env.py").write_text(env)

    def upgrade(self, to: str = "head") -> None:
        """``alembic upgrade`` on the real database."""
        command.upgrade(self.config, to)

    def downgrade(self, to: str) -> None:
        """``alembic downgrade`` on the real database."""
        command.downgrade(self.config, to)

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Somebody else's connection, in autocommit."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection

    def sql(self, *statements: str) -> list[Any]:
        """Run SQL; the rows of the last statement."""
        with self.connection() as connection:
            rows: list[Any] = []
            for statement in statements:
                result = connection.exec_driver_sql(statement)
                rows = list(result) if result.returns_rows else []
            return rows

    @property
    def catalog(self) -> Snapshot:
        """The real database's catalog."""
        with self.connection() as connection:
            return load(connection.dialect.name).read_catalog(query_on(connection)).snapshot

    @property
    def texts(self) -> list[str]:
        """The revision files of the change."""
        assert self.written is not None
        return [path.read_text() for path in self.written.paths]

    def change(self, models: str, answers: Answers | None = None, *, over: int | None = 0) -> None:
        """Edit the models and generate; what is written is proven on shadows, and reviewed."""
        self.models(models)
        with opened(self.folder) as session:
            session.online_over = over
            self.written = write(session, "change", answers or Answers(), rev_id="c0")
            for part in examined(
                session, [session.project.history.get(r) for r in self.written.revisions]
            ):
                _, review, trace = part.review()
                self.reviews.append(review)
                self.traces.append(trace)
                step = part.backfill()
                assert step.status.value == "passed", step

    def planned_again(self) -> Sequence[str]:
        """What generation would still change, once the chain holds the change."""
        with opened(self.folder) as session:
            return [d.text for d in _left(session)]

    @property
    def findings(self) -> list[str]:
        """The rules of whatever the review says, of both directions, and no waiver allows."""
        return [f.rule for r in self.reviews for f in r.findings if f.waived is None]

    @property
    def waived(self) -> list[str]:
        """Of what waivers allow: the rule and the object."""
        return [f"{f.rule} {f.object}" for r in self.reviews for f in r.findings if f.waived]

    @property
    def lock_findings(self) -> list[str]:
        """What the review says of locks."""
        return [f.rule for r in self.reviews for f in r.findings if f.rule.startswith("locks/")]

    @property
    def statements(self) -> list[str]:
        """Every statement of the upgrade that changed the catalog, folded."""
        return [
            " ".join(s.sql.split())
            for trace in self.traces
            for s in trace.statements
            if s.changed_catalog
        ]


def _left(session: Session) -> Any:
    return same_catalog(session.chain.snapshot, session.models.snapshot, session.ignore)


@contextmanager
def in_use(server: str, folder: Path, models: str, *rows: str) -> Iterator[InUse]:
    """A project whose first revision is applied, with these rows."""
    with _database(server, folder) as real:
        project = InUse(lay_out(folder, url=real, revisions={}), real)
        project.models(models)
        with opened(project.folder) as session:
            write(session, "begin", Answers(), rev_id="b0")
        project.upgrade()
        project.sql(*rows)
        yield project


@contextmanager
def _database(server: str, folder: Path) -> Iterator[str]:
    """The URL of a new database on a server; of a new file for ``sqlite``."""
    url = sa.make_url(server)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{folder / 'app.db'}"
        return
    name = f"assay_t_{uuid.uuid4().hex[:10]}"
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}{force}")


def accept(project: InUse) -> None:
    """Up, compared with the models, planned again to nothing, down one by one, and up."""
    assert project.written is not None
    before = project.catalog
    project.upgrade()
    after = project.catalog
    assert project.planned_again() == []
    states = []
    for _ in project.written.revisions:
        project.downgrade("-1")
        states.append(project.catalog)
    assert states[-1].objects == before.objects
    for expected in [*reversed(states[:-1]), after]:
        project.upgrade("+1")
        assert project.catalog.objects == expected.objects
