-- what providers reported of messages, and what it made of them
-- depends: 0007-people

-- migrate: apply

-- A receipt may come before we have written down that the provider took the message, or before the message is known here.
CREATE TABLE receipts (
    message_id uuid NOT NULL,
    channel    text NOT NULL CHECK (channel IN ('email', 'text')),
    fate       text NOT NULL,
    problem    text,
    at         timestamptz NOT NULL,
    PRIMARY KEY (message_id, channel, fate)
);
CREATE INDEX receipts_at ON receipts (at);

-- Where the message went, as suppressions remember it; NULL once nobody can say which of two addresses a receipt is about.
ALTER TABLE messages ADD COLUMN address_hash bytea, ADD COLUMN fate text;

-- migrate: rollback
ALTER TABLE messages DROP COLUMN fate, DROP COLUMN address_hash;
DROP TABLE receipts;
