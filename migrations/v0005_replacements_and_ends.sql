-- How new points make up for old ones, and when machines end.

-- The deleted point that this one made up for: one new point lets one old one go without a word of
-- the guard, and no second one.
ALTER TABLE recovery_point ADD COLUMN replaced INTEGER;

-- When the vendor will end the machine, as far as it says.
ALTER TABLE inventory ADD COLUMN ends_at INTEGER;
