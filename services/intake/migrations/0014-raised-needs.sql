-- needs that anybody at a site raises by its link, before a coordinator completes them
-- depends: 0013-administration

-- migrate: apply

-- The link that stands now: a new one makes the one before void.
ALTER TABLE sites ADD COLUMN link_id uuid, ADD COLUMN link_since timestamptz,
    ADD CHECK ((link_id IS NULL) = (link_since IS NULL));

-- What is needed, and by which record of the school the family is found, stand sealed until somebody has looked.
CREATE TABLE raised_needs (
    raised_id   uuid PRIMARY KEY,
    site_id     uuid NOT NULL REFERENCES sites,
    raised_at   timestamptz NOT NULL DEFAULT now(),
    urgency     text NOT NULL,
    name        text NOT NULL,
    email       text NOT NULL,
    language    text NOT NULL,
    wrapped_key bytea,
    sealed      bytea,
    need_id     uuid REFERENCES needs,
    ended_at    timestamptz,
    ended_by    uuid REFERENCES people,
    closed      text CHECK (closed IN ('known', 'settled', 'not_reached', 'not_wanted', 'mistaken', 'not_looked_at')),
    CHECK ((wrapped_key IS NULL) = (sealed IS NULL) AND (wrapped_key IS NULL) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NOT NULL) = (need_id IS NOT NULL OR closed IS NOT NULL)),
    CHECK (need_id IS NULL OR closed IS NULL)
);
CREATE INDEX raised_needs_waiting ON raised_needs (site_id, raised_at) WHERE ended_at IS NULL;

-- migrate: rollback
DROP TABLE raised_needs;
ALTER TABLE sites DROP COLUMN link_id, DROP COLUMN link_since;
