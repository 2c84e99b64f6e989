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
