-- what providers reported of messages, each thing once; where each message stands, and who dealt with what did not arrive
-- depends: 0011-contacts

-- migrate: apply

CREATE TABLE receipts (
    message_id uuid NOT NULL,
    fate       text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, fate)
);
CREATE INDEX receipts_since ON receipts (since);

-- The newest that the notifier says of each message. `state` is the name of its event.
CREATE TABLE messages (
    message_id uuid PRIMARY KEY,
    need_id    uuid NOT NULL,
    recipient  text NOT NULL,
    purpose    text NOT NULL,
    channel    text NOT NULL,
    offer_id   uuid,
    partner_id uuid,
    contact_id uuid,
    state      text NOT NULL,
    problem    text,
    version    int NOT NULL,
    at         timestamptz NOT NULL,
    settled_by uuid,
    settled_at timestamptz
);
CREATE INDEX messages_need ON messages (need_id);
CREATE INDEX messages_not_arrived ON messages (at)
 WHERE settled_at IS NULL AND state IN ('bounced', 'failed', 'suppressed', 'unknown');

INSERT INTO messages (message_id, need_id, recipient, purpose, channel, offer_id, partner_id, state, problem, version, at)
SELECT DISTINCT ON (subject) subject::uuid, need_id, facts->>'recipient', facts->>'purpose', facts->>'channel',
       (facts->>'offer_id')::uuid, (facts->>'partner_id')::uuid, substr(what, length('deliveries.') + 1),
       facts->>'problem', sequence, at
  FROM history WHERE what LIKE 'deliveries.%'
 ORDER BY subject, sequence DESC;

-- migrate: rollback
DROP TABLE messages;
DROP TABLE receipts;
