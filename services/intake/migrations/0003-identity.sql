-- who may be told who a family is, who was, and the end of it
-- depends: 0002-sign-in

-- migrate: apply

ALTER TABLE people ADD COLUMN role text NOT NULL DEFAULT 'coordinator' CHECK (role IN ('coordinator', 'district'));

-- Who of a partner said yes: the one person who may be told more.
ALTER TABLE answers ADD COLUMN contact_id uuid;

-- The newest offer that was heard of: offers and outcomes come by two topics, and either may be heard first.
ALTER TABLE needs ADD COLUMN asked_version int NOT NULL DEFAULT 0;

-- When a need ended, for the time that its family's identity is kept.
ALTER TABLE needs ADD COLUMN ended_at timestamptz;
UPDATE needs SET ended_at = now() WHERE status IN ('fulfilled', 'partly_fulfilled', 'unmet');
CREATE INDEX needs_ended ON needs (ended_at) WHERE ended_at IS NOT NULL;

-- A spoken consent permits to ask for help without a name. To tell who a family is takes a written one, which names what
-- may be told and to whom (34 CFR 99.30). The signer's name is sealed under the family's key.
CREATE TABLE consents (
    consent_id     uuid PRIMARY KEY,
    need_id        uuid NOT NULL REFERENCES needs,
    kind           text NOT NULL CHECK (kind IN ('spoken', 'written')),
    purpose        text NOT NULL CHECK (purpose IN ('find_help', 'arrange_help')),
    records        text[] NOT NULL,
    partner_ids    uuid[] NOT NULL,
    partner_kinds  text[] NOT NULL,
    excluded_kinds text[] NOT NULL,
    taken_by       text NOT NULL,
    since          timestamptz NOT NULL,
    until          timestamptz NOT NULL,
    signed_how     text CHECK (signed_how IN ('on_screen', 'on_paper')),
    signed_on      date,
    signed_by      bytea,
    withdrawn_at   timestamptz,
    CHECK (until > since),
    CHECK ((kind = 'written') = (purpose = 'arrange_help')),
    CHECK ((kind = 'written') = (signed_how IS NOT NULL AND signed_on IS NOT NULL)),
    CHECK ((kind = 'written') = (records <> '{}')),
    CHECK (kind = 'spoken' OR partner_ids <> '{}' OR partner_kinds <> '{}')
);
CREATE INDEX consents_need ON consents (need_id);

-- That somebody checked a partner's person, and until when that counts.
CREATE TABLE clearances (
    partner_id  uuid NOT NULL REFERENCES partners,
    contact_id  uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('background_check', 'fingerprints', 'child_abuse_registry')),
    checked_by  text NOT NULL,
    until       date NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, contact_id)
);

-- One code at a time for each claimant. The code itself is made of the lookup key and the moment, and stands nowhere.
CREATE TABLE codes (
    offer_id   uuid NOT NULL,
    contact_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    tries      int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    asked_at   timestamptz[] NOT NULL,
    PRIMARY KEY (offer_id, contact_id)
);

-- A browser in which a code was entered.
CREATE TABLE openings (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    offer_id   uuid NOT NULL,
    contact_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE visits (
    visit_id   uuid PRIMARY KEY,
    need_id    uuid NOT NULL REFERENCES needs,
    offer_id   uuid NOT NULL,
    partner_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    begins     timestamptz NOT NULL,
    ends       timestamptz NOT NULL CHECK (ends > begins),
    planned_at timestamptz NOT NULL DEFAULT now(),
    refused_at timestamptz,
    refused_by text CHECK (refused_by IN ('family', 'coordinator')),
    CHECK ((refused_at IS NULL) = (refused_by IS NULL))
);
CREATE INDEX visits_need ON visits (need_id);

-- Who looked. Each entry's hash covers the one before it, so that none can be changed or taken out unseen.
CREATE TABLE disclosures (
    sequence   bigint PRIMARY KEY,
    at         timestamptz NOT NULL,
    need_id    uuid NOT NULL REFERENCES needs,
    who        text NOT NULL,
    who_id     uuid NOT NULL,
    partner_id uuid,
    records    text[] NOT NULL,
    purpose    text NOT NULL,
    consent_id uuid REFERENCES consents,
    previous   bytea NOT NULL CHECK (length(previous) = 32),
    hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32)
);
CREATE INDEX disclosures_need ON disclosures (need_id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'disclosures are only ever added to'; END $$;
CREATE TRIGGER disclosures_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE erasures (
    need_id uuid PRIMARY KEY REFERENCES needs,
    at      timestamptz NOT NULL DEFAULT now(),
    cause   text NOT NULL CHECK (cause IN ('asked', 'kept_long_enough', 'restored'))
);

-- migrate: rollback
DROP TABLE erasures, disclosures, visits, openings, codes, clearances, consents;
DROP FUNCTION refuse_change;
ALTER TABLE needs DROP COLUMN ended_at, DROP COLUMN asked_version;
ALTER TABLE answers DROP COLUMN contact_id;
ALTER TABLE people DROP COLUMN role;
