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

-- Objectives: until when each assignment's newest good point is young enough, and every time that it
-- was not.

-- One row for each assignment in force whose policy has an objective. It follows the points by the
-- triggers below, whoever writes them.
CREATE TABLE objective (
    policy    TEXT NOT NULL,
    target    TEXT NOT NULL,
    -- Declared since; counts while there is no point.
    since     INTEGER NOT NULL,
    objective INTEGER NOT NULL CHECK (objective > 0),
    -- This objective is in force since then; nothing was broken by it before.
    in_force  INTEGER NOT NULL,
    -- taken_at of the newest available point, whoever made it.
    newest    INTEGER,
    -- 1: a newer point was there and is not available any more.
    is_lost   INTEGER NOT NULL DEFAULT 0 CHECK (is_lost IN (0, 1)),
    -- The breach that is open.
    breach    INTEGER REFERENCES breach (id),
    -- A deadline that passed before anybody noted it, and was over when somebody did: because the
    -- daemon was down, or the clock in doubt.
    unseen_since  INTEGER,
    unseen_reason TEXT CHECK ((unseen_reason IS NULL) = (unseen_since IS NULL)),
    unseen_objective INTEGER CHECK ((unseen_objective IS NULL) = (unseen_since IS NULL)),
    deadline  INTEGER NOT NULL
        GENERATED ALWAYS AS (max(coalesce(newest, since) + objective, in_force)) STORED,
    PRIMARY KEY (policy, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX objective_due ON objective (deadline) WHERE breach IS NULL;
CREATE INDEX objective_unseen ON objective (unseen_since) WHERE unseen_since IS NOT NULL;
CREATE INDEX objective_mended ON objective (deadline) WHERE breach IS NOT NULL;

-- Every interval in which an assignment was beyond its objective.
CREATE TABLE breach (
    id        INTEGER PRIMARY KEY,
    policy    TEXT NOT NULL,
    target    TEXT NOT NULL,
    began_at  INTEGER NOT NULL,
    ended_at  INTEGER CHECK (ended_at >= began_at),
    -- In milliseconds, as it was when the breach began.
    objective INTEGER NOT NULL CHECK (objective > 0),
    reason    TEXT NOT NULL CHECK (reason IN ('age', 'no_point', 'lost')),
    ended_by  TEXT CHECK (ended_by IN ('point', 'objective', 'unassigned')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX breach_open ON breach (policy, target) WHERE ended_at IS NULL;
CREATE INDEX breach_of ON breach (policy, target, began_at);
CREATE INDEX breach_ended ON breach (ended_at);

CREATE TRIGGER objective_gains_point AFTER INSERT ON recovery_point WHEN NEW.state = 'available'
BEGIN
    UPDATE objective SET
        unseen_since = deadline,
        unseen_objective = objective,
        unseen_reason = CASE WHEN is_lost THEN 'lost' WHEN newest IS NULL THEN 'no_point' ELSE 'age' END
    WHERE policy = NEW.policy AND target = NEW.target AND breach IS NULL AND unseen_since IS NULL
      AND deadline < iif(NEW.origin = 'managed', NEW.recorded_at, NEW.taken_at);
    UPDATE objective SET newest = NEW.taken_at, is_lost = 0
    WHERE policy = NEW.policy AND target = NEW.target
      AND (newest IS NULL OR newest < NEW.taken_at);
END;
CREATE TRIGGER objective_point_changes AFTER UPDATE OF state ON recovery_point
WHEN OLD.state <> NEW.state
BEGIN
    UPDATE objective SET
        is_lost = NEW.state <> 'available',
        newest = (
            SELECT max(taken_at) FROM recovery_point
            WHERE policy = NEW.policy AND target = NEW.target AND state = 'available')
    WHERE policy = NEW.policy AND target = NEW.target
      AND (newest IS NULL OR newest <= NEW.taken_at);
END;

CREATE VIEW audit_breaches AS
SELECT
    id,
    policy,
    target,
    strftime('%Y-%m-%dT%H:%M:%SZ', began_at / 1000, 'unixepoch') AS began,
    strftime('%Y-%m-%dT%H:%M:%SZ', ended_at / 1000, 'unixepoch') AS ended,
    objective / 1000 AS objective_seconds,
    reason,
    ended_by
FROM breach;

-- Policies that an operator paused; a row stays when its pause is over.
CREATE TABLE pause (
    id           INTEGER PRIMARY KEY,
    policy       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    actor        TEXT NOT NULL,
    paused_at    INTEGER NOT NULL,
    -- When it ends by itself; NULL: when somebody resumes the policy.
    until        INTEGER CHECK (until > paused_at),
    forgotten_at INTEGER CHECK (forgotten_at >= paused_at),
    resumed_at   INTEGER CHECK (resumed_at >= paused_at),
    resumed_by   TEXT CHECK ((resumed_by IS NULL) = (resumed_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX pause_open ON pause (policy) WHERE resumed_at IS NULL;
CREATE INDEX pause_resumed ON pause (policy, resumed_at);

-- Waivers as the configuration had them: in force from since until the earlier of until and
-- withdrawn_at.
CREATE TABLE waiver (
    id           INTEGER PRIMARY KEY,
    target       TEXT NOT NULL,
    -- NULL: every policy of the target.
    policy       TEXT,
    owner        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    since        INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    withdrawn_at INTEGER CHECK (withdrawn_at >= since)
) STRICT;
CREATE INDEX waiver_open ON waiver (target) WHERE withdrawn_at IS NULL;
