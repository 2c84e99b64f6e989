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
