-- a message about no need; the ways that were tried; what partners answered
-- depends: 0006-machine

-- migrate: apply

-- Whether an address is its reader's is about no need, and no event tells of it.
ALTER TABLE messages ALTER COLUMN need_id DROP NOT NULL,
    ADD CONSTRAINT messages_about_a_need CHECK ((need_id IS NULL) = (purpose = 'contact_confirmation')),
    -- Ways that did not get through: none is tried again for the same message.
    ADD COLUMN tried text[] NOT NULL DEFAULT '{}';

ALTER TABLE partners ADD COLUMN on_call jsonb;

-- What was heard of each offer, so that nobody is reminded of what they did.
CREATE TABLE answers (
    offer_id uuid NOT NULL,
    kind     text NOT NULL,
    said_at  timestamptz NOT NULL,
    PRIMARY KEY (offer_id, kind)
);

-- migrate: rollback
DROP TABLE answers;
ALTER TABLE partners DROP COLUMN on_call;
DELETE FROM messages WHERE need_id IS NULL;
ALTER TABLE messages DROP COLUMN tried, DROP CONSTRAINT messages_about_a_need, ALTER COLUMN need_id SET NOT NULL;
