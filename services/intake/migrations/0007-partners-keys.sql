-- keys that belong to a partner, which refers families by them
-- depends: 0006-eligibility-texts

-- migrate: apply

-- A partner names the site of each need: its key is of none.
ALTER TABLE api_keys ADD COLUMN partner_id uuid REFERENCES partners, ADD CHECK (partner_id IS NULL OR site_id IS NULL);
CREATE INDEX api_keys_partner ON api_keys (partner_id) WHERE partner_id IS NOT NULL;

-- migrate: rollback
DROP INDEX api_keys_partner;
ALTER TABLE api_keys DROP COLUMN partner_id;
