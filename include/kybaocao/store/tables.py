"""The tables of the store. Those of `GROWING` only grow: triggers of the database refuse every other change.

Migrations live in `migrations/`; a test holds them equal to this file.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Column as C  # noqa: N817 - forty times below
from sqlalchemy import (
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[dt.datetime]):
    """A point in time, kept as UTC; SQLite would drop the zone otherwise."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(dt.UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return moment


issued_forms = Table(
    "issued_forms",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("agency", String(20), primary_key=True),
    C("edition", String(40), nullable=False),
    C("checksum", String(64), nullable=False),
    C("path", Text, nullable=False),
    C("issued_at", Moment, nullable=False),
)

# What long texts the accepted submissions of a cycle hold, by their hash: finds a copied text without reading them all.
narratives = Table(
    "narratives",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("agency", String(20), primary_key=True),
    C("digest", String(32), primary_key=True),
    C("place", String(200), nullable=False),  # table/row/column
    C("since", Moment, nullable=False),  # when the first accepted version with it came in
    Index(None, "cycle", "digest"),
)

# The last state seen under each file name of an inbox: a file with another signature is new.
drops = Table(
    "drops",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("agency", String(20), primary_key=True),
    C("file_name", Text, primary_key=True),
    C("signature", String(100), nullable=False),
    C("sha256", String(64), nullable=False),
)

# Every state in which a file of an inbox was seen.  The first sighting is the receipt time, whatever a restore does
# to the times of files later; a row that is taken cannot be taken by a second collector.
sightings = Table(
    "sightings",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("agency", String(20), primary_key=True),
    C("file_name", Text, primary_key=True),
    C("signature", String(100), primary_key=True),
    C("first_seen_at", Moment, nullable=False),
    C("taken_at", Moment, nullable=True),  # NULL: seen, not (yet) taken
    C("trouble", Text, nullable=False, server_default=""),  # why it could not be taken, for the operators
)

# Every file that came in, in order; the bytes are in the archive under their sha256.
arrivals = Table(
    "arrivals",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("cycle", String(60), nullable=False),
    C("agency", String(20), nullable=False),
    C("component", String(20), nullable=False),
    C("version", Integer, nullable=False),
    C("file_name", Text, nullable=False),
    C("sha256", String(64), nullable=False),
    C("size_bytes", Integer, nullable=False),
    C("received_at", Moment, nullable=False),
    C("came_at", Moment, nullable=True),  # its place among the agency's files; NULL: received_at
    C("verdict", String(12), nullable=True),  # plan.verdict.Verdict; NULL until judged
    C("judged_at", Moment, nullable=True),
    C("findings", Text, nullable=False, default="[]"),  # JSON
    C("answers", Text, nullable=False, default="{}"),  # JSON, accepted versions only
    UniqueConstraint("cycle", "agency", "component", "version"),
    Index(None, "cycle", "verdict"),
)

steps = Table(
    "steps",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("agency", String(20), primary_key=True),
    C("rung", String(40), primary_key=True),
    C("repetition", Integer, primary_key=True),
    C("due_at", Moment, nullable=False),
    C("taken_at", Moment, nullable=False),
    C("state", String(8), nullable=False, server_default="told"),  # store.steps.StepState
)

outbox = Table(
    "outbox",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("key", String(200), nullable=False, unique=True),
    C("message_id", String(200), nullable=False, unique=True),
    C("cycle", String(60), nullable=False),
    C("kind", String(40), nullable=False),
    C("agency", String(20), nullable=False, default=""),
    C("recipients", Text, nullable=False),  # JSON list
    C("copies", Text, nullable=False, default="[]"),  # JSON list
    C("subject", Text, nullable=False),
    C("html", Text, nullable=False),
    C("text", Text, nullable=False),
    C("attachments", Text, nullable=False, default="[]"),  # JSON list of {name, path, sha256}
    C("created_at", Moment, nullable=False),
    C("state", String(12), nullable=False),  # store.outbox.LetterState
    C("attempts", Integer, nullable=False, default=0),
    C("sent_at", Moment, nullable=True),
    C("last_error", Text, nullable=False, default=""),
    C("steps", Text, nullable=False, server_default="[]"),  # JSON list of [agency, rung, repetition, addressee]
    C("next_attempt_at", Moment, nullable=True),  # NULL: at once
    C("useful_until", Moment, nullable=True),  # withdrawn after this moment; NULL: never
    C("in_place_of", String(200), nullable=False, server_default=""),  # key of the message it is sent instead of
    Index(None, "cycle", "state"),
)

# What became of a message at each of its addresses.
deliveries = Table(
    "deliveries",
    metadata,
    C("message_id", String(200), primary_key=True),
    C("address", String(200), primary_key=True),  # lower case
    C("state", String(12), nullable=False),  # store.deliveries.AddressState
    C("at", Moment, nullable=False),
    C("reply", Text, nullable=False, server_default=""),  # what the server or the notice said
)

# Delivery notices that came in, each with what became of it.
notices = Table(
    "notices",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("at", Moment, nullable=False),
    C("file_name", Text, nullable=False),
    C("sha256", String(64), nullable=False),
    C("outcome", String(12), nullable=False),  # store.notices.NoticeOutcome
    C("message_id", String(200), nullable=False, server_default=""),
    C("address", String(200), nullable=False, server_default=""),
    C("detail", Text, nullable=False, server_default=""),
)

# Addresses whose mail came back for good; a row goes when an operator says that the mailbox works again.
bounces = Table(
    "bounces",
    metadata,
    C("address", String(200), primary_key=True),  # lower case
    C("recorded_at", Moment, nullable=False),
    C("reason", Text, nullable=False),
    C("reported_by", String(200), nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("cycle", String(60), nullable=False),
    C("as_of", Moment, nullable=False),
    C("checksum", String(64), nullable=False),
    C("content", Text, nullable=False),
    Index(None, "cycle", "checksum"),
)

report_versions = Table(
    "report_versions",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("version", Integer, primary_key=True),
    C("snapshot", Integer, nullable=False),
    C("content_checksum", String(64), nullable=False),
    C("folder", Text, nullable=False),
    C("compiled_at", Moment, nullable=False),
    C("state", String(12), nullable=False),  # store.reports.ReportState
    C("decided_at", Moment, nullable=True),
    C("decided_by", String(200), nullable=False, default=""),
    C("reason", Text, nullable=False, default=""),
    C("sign_off", Text, nullable=False, default="{}"),  # JSON
    C("asked_in", String(250), nullable=False, server_default=""),  # the run whose question is open
    C("signed_at", Moment, nullable=True),  # decided_at, decided_by and sign_off of the second decision
    C("signed_by", String(200), nullable=False, server_default=""),
    C("signature", Text, nullable=False, server_default="{}"),  # JSON
)

publications = Table(
    "publications",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("version", Integer, primary_key=True),
    C("release", String(20), primary_key=True),  # so_tai_chinh, ubnd_tinh, bo_tai_chinh
    C("recipients", Text, nullable=False),
    C("files", Text, nullable=False),  # JSON {name: sha256}
    C("content_checksum", String(64), nullable=False),
    C("published_at", Moment, nullable=False),
    C("completed_at", Moment, nullable=True),  # when the last recipient's server had taken it
)

# Results of a cycle that was run by hand, typed from its paper reports into a workbook.  They are no submissions:
# nothing that lists or counts arrivals reads them.  The newest version of a cycle is in force; an empty `sha256` is a
# version that withdraws the one before.
result_imports = Table(
    "result_imports",
    metadata,
    C("cycle", String(60), primary_key=True),
    C("version", Integer, primary_key=True),
    C("file_name", Text, nullable=False),
    C("sha256", String(64), nullable=False),
    C("size_bytes", Integer, nullable=False),
    C("imported_at", Moment, nullable=False),
    C("imported_by", String(200), nullable=False),
    C("reason", Text, nullable=False),
    C("answers", Text, nullable=False),  # JSON: agency ("" for the whole province) -> answers as `arrivals` keeps them
)

# Every pass that was begun: who or what asked for it, and when in fact, whatever moment it works at.
passes = Table(
    "passes",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("cycle", String(60), nullable=False),
    C("run", String(250), nullable=False),  # of Airflow, or the name of a pass on the command line
    C("kind", String(20), nullable=False),  # scheduled, asset_triggered, manual, command
    C("actor", String(200), nullable=False),
    C("as_of", Moment, nullable=False),
    C("begun_at", Moment, nullable=False),
    C("ended_at", Moment, nullable=True),
    Index(None, "cycle", "run"),
)

# Who did what.  Each row holds the digest of the row before it, see `store.audit_chain`; the database takes no other.
audit = Table(
    "audit",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("at", Moment, nullable=False),  # the moment of the pass
    C("recorded_at", Moment, nullable=True),  # the machine's time; NULL: by a version that did not keep it
    C("actor", String(200), nullable=False),
    C("action", String(60), nullable=False),
    C("cycle", String(60), nullable=False, default=""),
    C("agency", String(20), nullable=False, default=""),
    C("detail", Text, nullable=False, default="{}"),
    C("previous", String(64), nullable=False, server_default=""),  # digest of the row before; "": the first row
    C("digest", String(64), nullable=False, server_default=""),
    C("run", String(250), nullable=False, server_default=""),  # of `passes`; "": outside a pass, or not known
    Index(None, "cycle", "agency"),
    Index(None, "cycle", "run"),
    Index("uq_audit_previous", "previous", unique=True),  # no two rows continue the same one
)

# What is drawn by chance once for an installation, and saved and restored with its store.
installation = Table(
    "installation",
    metadata,
    C("name", String(40), primary_key=True),
    C("value", String(200), nullable=False),
)

# What changed in the other tables, row by row, as triggers note it (`store.row_changes`); read by `store.journal`, and
# shortened from the front once it is in the journal.
changes = Table(
    "changes",
    metadata,
    C("id", Integer, primary_key=True, autoincrement=True),
    C("table_name", String(60), nullable=False),
    C("operation", String(10), nullable=False),  # insert, update, delete; start: the identity of this store
    C("content", Text, nullable=False),  # JSON: the new row; of an update its key and what changed; of a delete its key
)

# Of `arrivals` the verdict and of `publications` the moment of completion is filled in once; nothing else changes.
GROWING = (arrivals, publications, result_imports, snapshots, notices, audit)
