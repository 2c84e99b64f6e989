-- What stands until somebody acts: points that the guard holds back, and what no policy covers.

-- Since when the guard holds this marked point back, and whose guard; it goes with the mark.
ALTER TABLE recovery_point ADD COLUMN held_since INTEGER
    CHECK (held_since IS NULL OR marked_at IS NOT NULL);
ALTER TABLE recovery_point ADD COLUMN held_by TEXT
    CHECK ((held_by IS NULL) = (held_since IS NULL) AND held_by IN ('assignment', 'provider'));
-- How many points there were then, of which the guard lets a share pass; 0: not known.
ALTER TABLE recovery_point ADD COLUMN held_of INTEGER
    CHECK ((held_of IS NULL) = (held_since IS NULL) AND held_of >= 0);
UPDATE recovery_point SET
    held_since = prune_refusal.since,
    held_of = 0,
    held_by = iif(instr(prune_refusal.reason, 'of the provider''s') > 0, 'provider', 'assignment')
FROM prune_refusal
WHERE prune_refusal.point = recovery_point.id AND prune_refusal.code = 'prune_guard'
  AND marked_at IS NOT NULL AND confirmed_plan IS NULL AND state = 'available';

DROP VIEW audit_points;
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
    pin.reason AS pinned,
    CASE pin.is_hold WHEN 1 THEN 'hold' WHEN 0 THEN 'pin' END AS pin_kind,
    pin.actor AS pinned_by,
    strftime('%Y-%m-%dT%H:%M:%SZ', pin.until / 1000, 'unixepoch') AS pinned_until,
    confirmed_plan,
    strftime('%Y-%m-%dT%H:%M:%SZ', held_since / 1000, 'unixepoch') AS held,
    held_by,
    held_of
FROM recovery_point LEFT JOIN pin ON pin.point = recovery_point.id;

-- What the targets of the files were when they were last declared: after their end their points can
-- still be asked for.
CREATE TABLE known_target (
    target   TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject  TEXT NOT NULL,
    source   TEXT NOT NULL,
    PRIMARY KEY (target, provider)
) STRICT, WITHOUT ROWID;

-- What the providers' accounts have, covered or not; a row stays for 400 days after its
-- thing is gone.
CREATE TABLE inventory (
    provider        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    source          TEXT NOT NULL,
    -- The target's name, where it becomes one without another.
    name            TEXT NOT NULL,
    title           TEXT NOT NULL,
    is_stopped      INTEGER NOT NULL CHECK (is_stopped IN (0, 1)),
    -- By the vendor's word.
    created_at      INTEGER,
    first_seen      INTEGER NOT NULL,
    gone_at         INTEGER CHECK (gone_at >= first_seen),
    -- No policy covers it since then; NULL: one does, or it is gone.
    uncovered_since INTEGER CHECK (uncovered_since IS NULL OR gone_at IS NULL),
    former_title    TEXT,
    PRIMARY KEY (provider, subject, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX inventory_present ON inventory (provider, name) WHERE gone_at IS NULL;
CREATE INDEX inventory_gone ON inventory (gone_at) WHERE gone_at IS NOT NULL;

CREATE VIEW audit_uncovered AS
SELECT
    provider,
    name,
    subject,
    source,
    title,
    is_stopped,
    strftime('%Y-%m-%dT%H:%M:%SZ', uncovered_since / 1000, 'unixepoch') AS uncovered_since,
    strftime('%Y-%m-%dT%H:%M:%SZ', first_seen / 1000, 'unixepoch') AS first_seen
FROM inventory WHERE uncovered_since IS NOT NULL;
