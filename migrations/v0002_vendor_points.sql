-- Recovery points that a vendor made by its own policy, that it ended, or that a restore destroyed;
-- restore jobs name the point they put back, and what their asker accepted, with commas.

ALTER TABLE job ADD COLUMN point TEXT CHECK ((point IS NOT NULL) = (kind = 'restore'));
ALTER TABLE job ADD COLUMN accepted TEXT CHECK ((accepted IS NOT NULL) = (kind = 'restore'));

DROP VIEW audit_points;
CREATE TABLE recovery_point_new (
    id           INTEGER PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES run (id),
    policy       TEXT NOT NULL,
    target       TEXT NOT NULL,
    provider     TEXT NOT NULL,
    -- managed: made by us; adopted: made by others and put under a policy; vendor: made by the
    -- vendor's own policy, and never deleted by us.
    origin       TEXT NOT NULL CHECK (origin IN ('managed', 'adopted', 'vendor')),
    token        TEXT NOT NULL UNIQUE,
    remote_id    TEXT NOT NULL,
    taken_at     INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    source_bytes INTEGER CHECK (source_bytes >= 0),
    stored_bytes INTEGER CHECK (stored_bytes >= 0),
    entries      INTEGER CHECK (entries >= 0),
    warnings     TEXT,
    -- expired: the vendor ended it when its lifetime was over; destroyed: gone with a restore.
    state        TEXT NOT NULL CHECK (
        state IN ('available', 'damaged', 'deleted', 'missing', 'expired', 'destroyed')),
    verified_at  INTEGER,
    marked_at    INTEGER,
    delete_after INTEGER CHECK (delete_after >= marked_at),
    mark_reason  TEXT,
    deleted_at   INTEGER CHECK ((deleted_at IS NULL) = (state <> 'deleted')),
    CHECK ((marked_at IS NULL) = (delete_after IS NULL)),
    CHECK ((marked_at IS NULL) = (mark_reason IS NULL)),
    CHECK (origin <> 'vendor' OR marked_at IS NULL)
) STRICT;
INSERT INTO recovery_point_new
SELECT id, run, policy, target, provider, 'managed', token, remote_id, taken_at, recorded_at,
       source_bytes, stored_bytes, entries, warnings, state, verified_at, marked_at, delete_after,
       mark_reason, deleted_at
FROM recovery_point;
DROP TABLE recovery_point;
ALTER TABLE recovery_point_new RENAME TO recovery_point;
CREATE INDEX recovery_point_of ON recovery_point (policy, target, taken_at)
    WHERE state = 'available';
CREATE INDEX recovery_point_at ON recovery_point (provider, taken_at)
    WHERE state = 'available';
CREATE INDEX recovery_point_due ON recovery_point (delete_after)
    WHERE state = 'available' AND marked_at IS NOT NULL;

CREATE VIEW audit_points AS
SELECT
    recovery_point.id,
    recovery_point.policy,
    recovery_point.target,
    recovery_point.provider,
    recovery_point.origin,
    recovery_point.token,
    recovery_point.remote_id,
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

-- What selectors found; a row stays when its target is gone.
CREATE TABLE discovered_target (
    id         INTEGER PRIMARY KEY,
    provider   TEXT NOT NULL,
    target     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    source     TEXT NOT NULL,
    title      TEXT NOT NULL,
    policies   TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    gone_at    INTEGER CHECK (gone_at >= first_seen),
    UNIQUE (provider, target)
) STRICT;
