-- open needs are counted every few seconds
-- depends: 0001-needs-offers-partners

-- migrate: apply

CREATE INDEX needs_open ON needs (status, stuck) WHERE status <> 'closed';

-- migrate: rollback
DROP INDEX needs_open;
