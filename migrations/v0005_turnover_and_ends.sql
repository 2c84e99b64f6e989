-- What turns over, and when machines end.

-- Whether a new point made up for this marked one: it needs no word of the guard.
ALTER TABLE recovery_point ADD COLUMN turns_over INTEGER NOT NULL DEFAULT 0
    CHECK (turns_over IN (0, 1) AND (turns_over = 0 OR marked_at IS NOT NULL));
-- What stands marked: those that one review set together, when as many points had come in the hour.
CREATE TEMP TABLE marked_together AS
SELECT policy, target, marked_at, count(*) AS count FROM recovery_point
WHERE state = 'available' AND marked_at IS NOT NULL GROUP BY policy, target, marked_at;
CREATE UNIQUE INDEX temp.marked_together_of ON marked_together (policy, target, marked_at);
CREATE TEMP TABLE arrival AS
SELECT policy, target, recorded_at FROM recovery_point WHERE state = 'available';
CREATE INDEX temp.arrival_of ON arrival (policy, target, recorded_at);
UPDATE recovery_point SET turns_over = 1
WHERE state = 'available' AND marked_at IS NOT NULL AND confirmed_plan IS NULL
  AND held_since IS NULL
  AND (SELECT count FROM marked_together
       WHERE marked_together.policy = recovery_point.policy
         AND marked_together.target = recovery_point.target
         AND marked_together.marked_at = recovery_point.marked_at)
      <= (SELECT count(*) FROM arrival
          WHERE arrival.policy = recovery_point.policy
            AND arrival.target = recovery_point.target
            AND recorded_at <= recovery_point.marked_at
            AND recorded_at > recovery_point.marked_at - 3600000);
DROP TABLE temp.marked_together;
DROP TABLE temp.arrival;

-- How many points came that made up for none yet; how many of them count the rules say.
ALTER TABLE assignment ADD COLUMN credit INTEGER NOT NULL DEFAULT 0 CHECK (credit >= 0);
UPDATE assignment SET credit = 9 WHERE ended_at IS NULL;
CREATE TRIGGER assignment_gains_credit AFTER INSERT ON recovery_point
WHEN NEW.origin = 'managed' AND NEW.state = 'available'
BEGIN
    UPDATE assignment SET credit = credit + 1
    WHERE policy = NEW.policy AND target = NEW.target AND ended_at IS NULL;
END;

-- When the vendor will end the machine, as far as it says.
ALTER TABLE inventory ADD COLUMN ends_at INTEGER;
