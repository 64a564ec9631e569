-- what providers reported of messages, each thing once
-- depends: 0011-contacts

-- migrate: apply

CREATE TABLE receipts (
    message_id uuid NOT NULL,
    fate       text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, fate)
);
CREATE INDEX receipts_since ON receipts (since);

-- migrate: rollback
DROP TABLE receipts;
