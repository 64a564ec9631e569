-- a message that a provider may have taken is told apart from one that never left
-- depends: 0002-unknown-texts

-- migrate: apply

ALTER TABLE messages ADD COLUMN perhaps_sent boolean NOT NULL DEFAULT false;
UPDATE messages SET perhaps_sent = true WHERE status IN ('sending', 'unknown') OR (status = 'queued' AND attempts > 0);
CREATE INDEX messages_provider_id ON messages (provider_id) WHERE provider_id IS NOT NULL AND channel = 'text';

-- migrate: rollback
DROP INDEX messages_provider_id;
ALTER TABLE messages DROP COLUMN perhaps_sent;
