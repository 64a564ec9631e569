-- by which provider a message goes, what waits for one, and what goes out together
-- depends: 0005-backups

-- migrate: apply

-- Ops pauses a provider here; the notifier writes down which ones it has.
CREATE TABLE providers (
    name         text PRIMARY KEY,
    channel      text NOT NULL CHECK (channel IN ('email', 'text')),
    paused_since timestamptz
);

-- What a provider, or one of its numbers, may still take, shared by all notifiers.
CREATE TABLE buckets (
    name   text PRIMARY KEY,
    tokens double precision NOT NULL,
    at     timestamptz NOT NULL
);

-- Offers to one contact that go out as one message.
CREATE TABLE parcels (
    parcel_id  uuid PRIMARY KEY,
    contact_id uuid NOT NULL,
    daily      boolean NOT NULL,
    due_at     timestamptz NOT NULL,
    -- It was claimed: what comes now goes with the next one.
    closed     boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX parcels_open ON parcels (contact_id, daily) WHERE NOT closed;
CREATE INDEX parcels_due ON parcels (due_at);

-- A queued message stands in a lane: it is ready, waits for room at a provider of its channel, or goes with its parcel.
ALTER TABLE messages
    ADD COLUMN provider text,
    ADD COLUMN parcel_id uuid,
    ADD COLUMN lane text NOT NULL DEFAULT 'ready' CHECK (lane IN ('ready', 'email', 'text', 'parcel'));
DROP INDEX messages_due;
CREATE INDEX messages_due ON messages (lane, urgent, due_at) WHERE status = 'queued';
CREATE INDEX messages_parcel ON messages (parcel_id) WHERE parcel_id IS NOT NULL;

-- migrate: rollback
DROP INDEX messages_parcel;
DROP INDEX messages_due;
ALTER TABLE messages DROP COLUMN lane, DROP COLUMN parcel_id, DROP COLUMN provider;
CREATE INDEX messages_due ON messages (urgent DESC, due_at) WHERE status = 'queued';
DROP TABLE parcels;
DROP TABLE buckets;
DROP TABLE providers;
