-- which service an offer is of, and since when: how much of what a partner takes on is used
-- depends: 0016-partners-sign-in

-- migrate: apply

-- NULL for offers made before we kept it: they count for no service.
ALTER TABLE offers ADD COLUMN service_id uuid, ADD COLUMN made_at timestamptz;

-- migrate: rollback
ALTER TABLE offers DROP COLUMN service_id, DROP COLUMN made_at;
