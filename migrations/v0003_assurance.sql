-- Why an operator may believe in the points: what may go by whose word, what keeps the others, and
-- what was proved of them.

-- The hash of the plan with which an operator let this marked point go; it goes with the mark.
ALTER TABLE recovery_point ADD COLUMN confirmed_plan TEXT
    CHECK (confirmed_plan IS NULL OR marked_at IS NOT NULL);

-- A marked point that the kernel keeps: removed when it may go, is gone or loses its mark.
CREATE TABLE prune_refusal (
    point   INTEGER PRIMARY KEY REFERENCES recovery_point (id),
    code    TEXT NOT NULL,
    reason  TEXT NOT NULL,
    -- Since when the code is this one, when it was seen last, and how often.
    since   INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count   INTEGER NOT NULL CHECK (count >= 1)
) STRICT;

-- seen: the provider shows it, complete; read: all of its data was read back; restored: it was
-- unpacked and checked. NULL: never verified, or read back before version 3.
ALTER TABLE recovery_point ADD COLUMN proof TEXT CHECK (proof IN ('seen', 'read', 'restored'));
-- How long unpacking took.
ALTER TABLE recovery_point ADD COLUMN restore_ms INTEGER CHECK (restore_ms >= 0);
CREATE INDEX recovery_point_verified ON recovery_point (policy, target, taken_at)
    WHERE state = 'available' AND verified_at IS NOT NULL;
CREATE INDEX recovery_point_damaged ON recovery_point (policy, target, taken_at)
    WHERE state = 'damaged';

CREATE VIEW audit_proofs AS
SELECT
    policy,
    target,
    provider,
    token,
    state,
    strftime('%Y-%m-%dT%H:%M:%SZ', taken_at / 1000, 'unixepoch') AS taken,
    strftime('%Y-%m-%dT%H:%M:%SZ', verified_at / 1000, 'unixepoch') AS verified,
    coalesce(proof, 'read') AS proof,
    restore_ms
FROM recovery_point WHERE verified_at IS NOT NULL;

-- What a reconcile job looks at points for: 'look', or, as a JSON object, what is to be adopted.
-- NULL where it keeps something of the vendor's as declared, and for every other kind.
ALTER TABLE job ADD COLUMN survey TEXT CHECK (survey IS NULL OR kind = 'reconcile');

CREATE INDEX recovery_point_target ON recovery_point (target, provider)
    WHERE state IN ('available', 'missing', 'expired', 'destroyed') OR origin = 'adopted';

-- Backups of our targets that are not ours; a row stays when the backup is gone, or becomes ours.
CREATE TABLE foreign_point (
    id           INTEGER PRIMARY KEY,
    provider     TEXT NOT NULL,
    target       TEXT NOT NULL,
    remote_id    TEXT NOT NULL,
    title        TEXT NOT NULL,
    taken_at     INTEGER NOT NULL,
    stored_bytes INTEGER CHECK (stored_bytes >= 0),
    first_seen   INTEGER NOT NULL,
    gone_at      INTEGER CHECK (gone_at >= first_seen),
    UNIQUE (provider, remote_id)
) STRICT;
CREATE INDEX foreign_point_of ON foreign_point (target, provider) WHERE gone_at IS NULL;

-- Pins that end, and holds, which are lifted; what happened to one point.

ALTER TABLE pin ADD COLUMN is_hold INTEGER NOT NULL DEFAULT 0 CHECK (is_hold IN (0, 1));
-- The first instant at which it pins no longer; a hold has no end.
ALTER TABLE pin ADD COLUMN until INTEGER CHECK (until IS NULL OR (is_hold = 0 AND until > pinned_at));
CREATE INDEX pin_until ON pin (until) WHERE until IS NOT NULL;
CREATE INDEX event_token ON event (token) WHERE token IS NOT NULL;

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
    strftime('%Y-%m-%dT%H:%M:%SZ', pin.until / 1000, 'unixepoch') AS pinned_until
FROM recovery_point LEFT JOIN pin ON pin.point = recovery_point.id;
