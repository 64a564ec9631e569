-- messages, partners' contacts, the state of offers, suppressions
-- depends:

-- migrate: apply

CREATE TABLE messages (
    message_id  uuid PRIMARY KEY,
    event_id    uuid NOT NULL,
    recipient   text NOT NULL CHECK (recipient IN ('partner', 'coordinator', 'family')),
    purpose     text NOT NULL,
    need_id     uuid NOT NULL,
    offer_id    uuid,
    partner_id  uuid,
    contact_id  uuid,
    channel     text CHECK (channel IN ('email', 'text')),
    event       jsonb NOT NULL,
    event_type  text NOT NULL,
    urgent      boolean NOT NULL,
    traceparent text NOT NULL,
    status      text NOT NULL DEFAULT 'queued'
                CHECK (status IN ('queued', 'sending', 'accepted', 'delivered', 'bounced', 'suppressed', 'failed',
                                  'unknown')),
    version     int NOT NULL DEFAULT 0,
    attempts    int NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    deadline    timestamptz NOT NULL,
    provider_id text,
    problem     text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    accepted_at timestamptz,
    -- One event tells one recipient once.
    UNIQUE (event_id, recipient),
    CHECK ((recipient = 'partner') = (partner_id IS NOT NULL)),
    CHECK ((status = 'sending') = (lease_until IS NOT NULL))
);
CREATE INDEX messages_due ON messages (urgent DESC, due_at) WHERE status = 'queued';
CREATE INDEX messages_leased ON messages (lease_until) WHERE status = 'sending';
CREATE INDEX messages_offer ON messages (offer_id, purpose);
CREATE INDEX messages_in_transit ON messages (provider_id) WHERE status = 'accepted' AND channel = 'text';

CREATE TABLE partners (
    partner_id uuid PRIMARY KEY,
    version    int NOT NULL,
    removed    boolean NOT NULL,
    name       text NOT NULL,
    contacts   jsonb NOT NULL
);

CREATE TABLE offers (
    offer_id uuid PRIMARY KEY,
    version  int NOT NULL,
    open     boolean NOT NULL
);

-- Addresses that a provider refused, as keyless hashes: enough to compare, useless to read.
CREATE TABLE suppressions (
    address_hash bytea NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('email', 'text')),
    since        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (address_hash, channel)
);

-- migrate: rollback
DROP TABLE suppressions;
DROP TABLE offers;
DROP TABLE partners;
DROP TABLE messages;
