-- a message that a provider may have taken is told apart from one that never left
-- depends: 0002-unknown-texts

-- migrate: apply

ALTER TABLE messages ADD COLUMN perhaps_sent boolean NOT NULL DEFAULT false;
UPDATE messages SET perhaps_sent = true WHERE status IN ('sending', 'unknown');
ALTER TABLE messages ADD CHECK (status <> 'unknown' OR perhaps_sent);

-- migrate: rollback
ALTER TABLE messages DROP COLUMN perhaps_sent;
