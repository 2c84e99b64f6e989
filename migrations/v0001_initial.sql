-- Holdfast's history, version 1. Instants are milliseconds since 1970-01-01T00:00:00Z.
-- A released migration is never edited; a change is a new file.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Which policy was applied to which target, and when.
CREATE TABLE assignment (
    id       INTEGER PRIMARY KEY,
    policy   TEXT NOT NULL,
    target   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    ended_at INTEGER CHECK (ended_at IS NULL OR ended_at >= since)
) STRICT;
CREATE UNIQUE INDEX assignment_current ON assignment (policy, target) WHERE ended_at IS NULL;

-- The queue. A job's row stays after its end: it is the record of its slot.
CREATE TABLE job (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (
        kind IN ('backup', 'prune', 'reconcile', 'discover', 'verify', 'restore')),
    cause        TEXT NOT NULL CHECK (
        cause IN ('schedule', 'catch_up', 'operator', 'retention')),
    policy       TEXT NOT NULL,
    target       TEXT NOT NULL,
    provider     TEXT NOT NULL,
    opens        INTEGER NOT NULL,
    closes       INTEGER NOT NULL CHECK (closes > opens),
    start_before INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (
        state IN ('ready', 'running', 'succeeded', 'failed', 'missed', 'cancelled')),
    not_before   INTEGER NOT NULL,
    lease_until  INTEGER CHECK ((lease_until IS NOT NULL) = (state = 'running')),
    attempt      INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND attempt),
    -- 1: an attempt may have left a backup that nobody knows of, so the provider is asked for its
    -- token first, even after the window.
    uncertain    INTEGER NOT NULL DEFAULT 0 CHECK (uncertain IN (0, 1)),
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER CHECK ((ended_at IS NULL) = (state IN ('ready', 'running'))),
    last_error   TEXT,
    CHECK (state <> 'missed' OR attempt = 0),
    UNIQUE (kind, policy, target, opens)  -- at most one backup a slot, ever
) STRICT;
CREATE INDEX job_claim ON job (provider, start_before, id) WHERE state = 'ready';
CREATE INDEX job_not_before ON job (not_before) WHERE state = 'ready';
CREATE INDEX job_closing ON job (start_before) WHERE state = 'ready' AND uncertain = 0;
CREATE INDEX job_running ON job (target) WHERE state = 'running';

-- One attempt at a job; the row is there before the provider is called.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY,
    job        INTEGER NOT NULL REFERENCES job (id),
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    token      TEXT,
    state      TEXT NOT NULL CHECK (
        state IN ('running', 'succeeded', 'failed', 'handed_back', 'interrupted')),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER CHECK ((ended_at IS NULL) = (state = 'running')),
    error_kind TEXT,
    message    TEXT,
    output     TEXT,
    adopted    INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1)),
    UNIQUE (job, attempt)
) STRICT;

-- What successful backups left at their providers, with its retention state.
CREATE TABLE recovery_point (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES run (id),
    policy       TEXT NOT NULL,
    target       TEXT NOT NULL,
    provider     TEXT NOT NULL,
    token        TEXT NOT NULL UNIQUE,
    remote_id    TEXT NOT NULL,
    taken_at     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    source_bytes INTEGER CHECK (source_bytes >= 0),
    stored_bytes INTEGER CHECK (stored_bytes >= 0),
    entries      INTEGER CHECK (entries >= 0),
    warnings     TEXT,
    state        TEXT NOT NULL CHECK (state IN ('available', 'damaged', 'deleted', 'missing')),
    verified_at  INTEGER,
    marked_at    INTEGER,
    delete_after INTEGER CHECK (delete_after >= marked_at),
    mark_reason  TEXT,
    deleted_at   INTEGER CHECK ((deleted_at IS NULL) = (state <> 'deleted')),
    CHECK ((marked_at IS NULL) = (delete_after IS NULL)),
    CHECK ((marked_at IS NULL) = (mark_reason IS NULL))
) STRICT;
CREATE INDEX recovery_point_of ON recovery_point (policy, target, taken_at)
    WHERE state = 'available';
CREATE INDEX recovery_point_at ON recovery_point (provider, taken_at)
    WHERE state = 'available';
CREATE INDEX recovery_point_due ON recovery_point (delete_after)
    WHERE state = 'available' AND marked_at IS NOT NULL;

-- Points that an operator holds.
CREATE TABLE pin (
    point     INTEGER PRIMARY KEY REFERENCES recovery_point (id),
    reason    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    pinned_at INTEGER NOT NULL
) STRICT;

-- The audit log: append-only, each entry sealed with the hash of the one before it.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    actor  TEXT NOT NULL,
    policy TEXT,
    target TEXT,
    job    INTEGER,
    token  TEXT,
    detail TEXT NOT NULL,
    hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- For people: every instant as ISO 8601 in UTC.
CREATE VIEW audit_runs AS
SELECT
    run.id,
    job.kind,
    job.policy,
    job.target,
    job.provider,
    strftime('%Y-%m-%dT%H:%M:%SZ', job.opens / 1000, 'unixepoch') AS window_opened,
    job.cause,
    run.attempt,
    run.state,
    strftime('%Y-%m-%dT%H:%M:%SZ', run.started_at / 1000, 'unixepoch') AS started,
    strftime('%Y-%m-%dT%H:%M:%SZ', run.ended_at / 1000, 'unixepoch') AS ended,
    run.token,
    run.adopted,
    run.error_kind,
    run.message,
    job.state AS job_state
FROM run JOIN job ON job.id = run.job;

CREATE VIEW audit_points AS
SELECT
    recovery_point.id,
    recovery_point.policy,
    recovery_point.target,
    recovery_point.provider,
    recovery_point.token,
    recovery_point.state,
    strftime('%Y-%m-%dT%H:%M:%SZ', taken_at / 1000, 'unixepoch') AS taken,
    source_bytes,
    stored_bytes,
    entries,
    strftime('%Y-%m-%dT%H:%M:%SZ', verified_at / 1000, 'unixepoch') AS verified,
    strftime('%Y-%m-%dT%H:%M:%SZ', marked_at / 1000, 'unixepoch') AS marked,
    strftime('%Y-%m-%dT%H:%M:%SZ', delete_after / 1000, 'unixepoch') AS delete_after,
    mark_reason,
    strftime('%Y-%m-%dT%H:%M:%SZ', deleted_at / 1000, 'unixepoch') AS deleted,
    pin.reason AS pinned
FROM recovery_point LEFT JOIN pin ON pin.point = recovery_point.id;

CREATE VIEW audit_events AS
SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%S', at / 1000, 'unixepoch') || printf('.%03dZ', at % 1000) AS at,
    kind,
    actor,
    policy,
    target,
    job,
    token,
    detail,
    lower(hex(hash)) AS hash
FROM event;
