-- What turns over, and when machines end.

-- Whether a new point made up for this marked one: it needs no word of the guard.
ALTER TABLE recovery_point ADD COLUMN turns_over INTEGER NOT NULL DEFAULT 0
    CHECK (turns_over IN (0, 1) AND (turns_over = 0 OR marked_at IS NOT NULL));
-- What stands marked: those that one review set together, when as many points had come in the hour.
UPDATE recovery_point SET turns_over = 1
WHERE state = 'available' AND marked_at IS NOT NULL AND confirmed_plan IS NULL
  AND held_since IS NULL
  AND (SELECT count(*) FROM recovery_point other INDEXED BY recovery_point_of
       WHERE other.policy = recovery_point.policy AND other.target = recovery_point.target
         AND other.state = 'available' AND other.marked_at = recovery_point.marked_at)
      <= (SELECT count(*) FROM recovery_point other INDEXED BY recovery_point_of
          WHERE other.policy = recovery_point.policy AND other.target = recovery_point.target
            AND other.state = 'available'
            AND other.recorded_at <= recovery_point.marked_at
            AND other.recorded_at > recovery_point.marked_at - 3600000);

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
