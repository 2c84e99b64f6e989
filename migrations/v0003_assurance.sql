-- An operator's confirmation of a prune, and what the deletion kernel refused last.

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
