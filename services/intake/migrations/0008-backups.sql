-- who is told when a coordinator may not be there and it cannot wait
-- depends: 0007-partners-keys

-- migrate: apply

-- None: another coordinator of the site, where there is one.
ALTER TABLE sites ADD COLUMN backup_id uuid REFERENCES people ON DELETE SET NULL;

-- migrate: rollback
ALTER TABLE sites DROP COLUMN backup_id;
