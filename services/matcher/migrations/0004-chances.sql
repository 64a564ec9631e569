-- how likely a yes was when an offer was made: how many more are asked depends on it
-- depends: 0003-programmes

-- migrate: apply

ALTER TABLE offers ADD COLUMN yes_chance double precision NOT NULL DEFAULT 0.5 CHECK (yes_chance BETWEEN 0 AND 1);

-- migrate: rollback
ALTER TABLE offers DROP COLUMN yes_chance;
