-- sites, people, keys, needs, families, partners, what the other services said
-- depends:

-- migrate: apply

CREATE TABLE sites (
    site_id   uuid PRIMARY KEY,
    name      text NOT NULL,
    time_zone text NOT NULL,
    zip_code  text NOT NULL
);

CREATE TABLE people (
    person_id uuid PRIMARY KEY,
    site_id   uuid NOT NULL REFERENCES sites,
    email     text NOT NULL,
    name      text NOT NULL,
    phone     text,
    language  text NOT NULL DEFAULT 'en',
    since     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX people_email ON people (lower(email));

-- A key is shown once and kept as a hash. Without a site it is good for all sites.
CREATE TABLE api_keys (
    key_hash bytea PRIMARY KEY,
    name     text NOT NULL,
    scopes   text[] NOT NULL,
    site_id  uuid REFERENCES sites
);

CREATE TABLE needs (
    need_id     uuid PRIMARY KEY,
    reference   text NOT NULL UNIQUE CHECK (reference ~ '^[0-9]{6}$'),
    site_id     uuid NOT NULL REFERENCES sites,
    entered_by  uuid REFERENCES people,
    version     int NOT NULL,
    terms       jsonb NOT NULL,
    traceparent text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    withdrawn   boolean NOT NULL DEFAULT false,
    -- What the matcher said last.
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'asking', 'claimed', 'confirming',
                                              'fulfilled', 'partly_fulfilled', 'unmet')),
    stuck       text,
    cause       text,
    matcher_version int NOT NULL DEFAULT 0
);
CREATE INDEX needs_site ON needs (site_id, created_at DESC, need_id);

-- Name, phone, email, address, notes: under the family's own key, which is wrapped by the service's.
CREATE TABLE families (
    need_id       uuid PRIMARY KEY REFERENCES needs,
    wrapped_key   bytea NOT NULL,
    sealed        bytea NOT NULL,
    phone_hash    bytea
);
CREATE INDEX families_phone ON families (phone_hash) WHERE phone_hash IS NOT NULL;

CREATE TABLE history (
    need_id  uuid NOT NULL REFERENCES needs,
    source   text NOT NULL,
    sequence int NOT NULL,
    subject  text NOT NULL DEFAULT '',
    at       timestamptz NOT NULL,
    what     text NOT NULL,
    facts    jsonb NOT NULL,
    PRIMARY KEY (need_id, source, subject, sequence)
);

CREATE TABLE partners (
    partner_id uuid PRIMARY KEY,
    version    int NOT NULL,
    removed    boolean NOT NULL DEFAULT false,
    record     jsonb
);

CREATE TABLE contact_phones (
    phone_hash bytea NOT NULL,
    partner_id uuid NOT NULL REFERENCES partners,
    contact_id uuid NOT NULL,
    PRIMARY KEY (phone_hash, partner_id, contact_id)
);

CREATE TABLE text_opt_outs (
    phone_hash bytea PRIMARY KEY,
    since      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE offers (
    offer_id   uuid PRIMARY KEY,
    need_id    uuid NOT NULL REFERENCES needs,
    partner_id uuid NOT NULL,
    number     int NOT NULL,
    terms      jsonb NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'expired', 'withdrawn', 'awarded', 'refused', 'lapsed')),
    awarded    jsonb NOT NULL DEFAULT '[]',
    contact_by timestamptz,
    version    int NOT NULL
);
CREATE INDEX offers_need ON offers (need_id);
CREATE INDEX offers_number ON offers (partner_id, number);

-- What was answered, and handed to the matcher: one answer of a kind for each offer.
CREATE TABLE answers (
    offer_id uuid NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('accepted', 'declined', 'contacted', 'completed', 'released')),
    at       timestamptz NOT NULL DEFAULT now(),
    channel  text NOT NULL,
    facts    jsonb NOT NULL,
    PRIMARY KEY (offer_id, kind)
);

CREATE TABLE idempotency_keys (
    caller     text NOT NULL,
    key        text NOT NULL,
    body_hash  bytea NOT NULL,
    need_id    uuid NOT NULL REFERENCES needs,
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);

-- A text that the provider delivers twice gets the same reply twice.
CREATE TABLE texts_in (
    message_sid text PRIMARY KEY,
    reply       text NOT NULL,
    since       timestamptz NOT NULL DEFAULT now()
);

-- migrate: rollback
DROP TABLE texts_in, idempotency_keys, answers, offers, text_opt_outs, contact_phones, partners, history, families,
           needs, api_keys, people, sites;
