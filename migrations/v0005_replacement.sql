-- One new point lets one old one go without a word of the guard, and no second one.

-- The deleted point that this one made up for.
ALTER TABLE recovery_point ADD COLUMN replaced INTEGER REFERENCES recovery_point (id)
    CHECK (replaced <> id);
