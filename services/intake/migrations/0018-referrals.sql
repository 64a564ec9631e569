-- what a partner referred is listed on its own page, and counted before it refers more
-- depends: 0017-claims-of-services

-- migrate: apply
CREATE INDEX needs_referred ON needs ((terms->>'referred_by'), created_at) WHERE terms->>'referred_by' IS NOT NULL;

-- migrate: rollback
DROP INDEX needs_referred;
