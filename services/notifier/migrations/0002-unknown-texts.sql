-- texts whose fate is not known are looked for
-- depends: 0001-messages-contacts

-- migrate: apply

CREATE INDEX messages_unknown_texts ON messages (due_at) WHERE status = 'unknown' AND channel = 'text';

-- migrate: rollback
DROP INDEX messages_unknown_texts;
