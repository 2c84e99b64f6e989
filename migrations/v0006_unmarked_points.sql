-- How many points each provider has that are not marked is asked at each reload and by every status.
CREATE INDEX recovery_point_unmarked ON recovery_point (provider)
    WHERE state = 'available' AND origin <> 'vendor' AND marked_at IS NULL;
