-- what the runtime keeps in each service's database
-- depends:

-- migrate: apply

-- Rows are published in id order and deleted when the broker has acknowledged them.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text NOT NULL,
    key        bytea,
    value      bytea,
    headers    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Events that have been handled: the fast path against redelivery.
CREATE TABLE inbox (
    event_id    uuid PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_received_at ON inbox (received_at);

-- Records that failed by themselves, and those of the same key behind them.
CREATE TABLE parked (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic            text NOT NULL,
    record_partition int NOT NULL,
    record_offset    bigint NOT NULL,
    key              bytea NOT NULL,
    value            bytea,
    headers          text NOT NULL,
    attempts         int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at           timestamptz NOT NULL DEFAULT now(),
    problem          text NOT NULL,
    UNIQUE (topic, record_partition, record_offset)
);
CREATE INDEX parked_key ON parked (topic, key, id);

-- migrate: rollback
DROP TABLE parked;
DROP TABLE inbox;
DROP TABLE outbox;
