-- who stands in for a coordinator is told of what cannot wait
-- depends: 0004-refused-visits

-- migrate: apply

ALTER TABLE messages DROP CONSTRAINT messages_recipient_check,
    ADD CHECK (recipient IN ('partner', 'coordinator', 'backup', 'family'));

-- migrate: rollback
DELETE FROM messages WHERE recipient = 'backup';
ALTER TABLE messages DROP CONSTRAINT messages_recipient_check,
    ADD CHECK (recipient IN ('partner', 'coordinator', 'family'));
