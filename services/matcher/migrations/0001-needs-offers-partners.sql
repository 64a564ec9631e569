-- needs, their lines and offers, and what is known of partners
-- depends:

-- migrate: apply

CREATE TABLE needs (
    need_id       uuid PRIMARY KEY,
    version       int NOT NULL CHECK (version >= 0),
    intake_version int NOT NULL,
    traceparent   text NOT NULL,
    terms         jsonb NOT NULL,
    deadline      timestamptz NOT NULL,
    status        text NOT NULL CHECK (status IN ('asking', 'confirming', 'closed')),
    stuck         text CHECK (stuck IN ('nobody_eligible', 'nobody_left', 'family_silent', 'family_disputed')),
    wave          int NOT NULL CHECK (wave >= 0),
    attempt       int NOT NULL CHECK (attempt >= 0),
    confirm_by    timestamptz,
    look_again_at timestamptz,
    due_at        timestamptz,
    -- Nothing waits silently: what is not closed has a time of its own or stands in a person's queue.
    CHECK (status = 'closed' OR due_at IS NOT NULL OR stuck IS NOT NULL),
    CHECK (status <> 'closed' OR (due_at IS NULL AND stuck IS NULL))
);
CREATE INDEX needs_due ON needs (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE need_lines (
    need_id  uuid NOT NULL REFERENCES needs,
    line     int NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    held     int NOT NULL,
    PRIMARY KEY (need_id, line),
    -- The sum of claims never passes what is needed, whatever the code thinks.
    CHECK (held BETWEEN 0 AND quantity)
);

CREATE TABLE offers (
    offer_id   uuid PRIMARY KEY,
    need_id    uuid NOT NULL REFERENCES needs,
    partner_id uuid NOT NULL,
    service_id uuid NOT NULL,
    wave       int NOT NULL CHECK (wave > 0),
    number     int NOT NULL CHECK (number BETWEEN 1 AND 9999),
    terms      jsonb NOT NULL,
    status     text NOT NULL CHECK (status IN ('open', 'declined', 'expired', 'withdrawn', 'refused', 'claimed',
                                               'contacted', 'completed', 'lapsed', 'disputed')),
    since      timestamptz NOT NULL,
    due        timestamptz,
    reminded   boolean NOT NULL,
    contact_id uuid,
    quantities jsonb NOT NULL,
    withdrawal text,
    decline    text,
    made_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((due IS NOT NULL) = (status IN ('open', 'claimed', 'contacted')))
);
CREATE INDEX offers_need ON offers (need_id);
CREATE INDEX offers_partner ON offers (partner_id, made_at);
-- A partner has at most one live offer of a need.
CREATE UNIQUE INDEX offers_live ON offers (need_id, partner_id) WHERE status IN ('open', 'claimed', 'contacted');

CREATE TABLE partners (
    partner_id  uuid PRIMARY KEY,
    version     int NOT NULL,
    available   boolean NOT NULL,
    offers_made bigint NOT NULL DEFAULT 0
);

-- migrate: rollback
DROP TABLE partners;
DROP TABLE offers;
DROP TABLE need_lines;
DROP TABLE needs;
