-- what a partner's contacts say of themselves, and addresses that wait for their word
-- depends: 0010-claims

-- migrate: apply

-- Who chose for themselves: a list of partners that comes in later changes nothing of it.
CREATE TABLE own_choices (
    partner_id  uuid NOT NULL REFERENCES partners,
    contact_id  uuid NOT NULL,
    -- The addresses that they replaced, as keyed hashes: none comes back with an old list.
    left_behind bytea[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (partner_id, contact_id)
);

CREATE TABLE email_opt_outs (
    email_hash bytea PRIMARY KEY,
    since      timestamptz NOT NULL DEFAULT now()
);

-- An address is here, and nowhere else, until whoever reads it says that it is theirs.
CREATE TABLE address_questions (
    question_id uuid PRIMARY KEY,
    partner_id  uuid NOT NULL REFERENCES partners,
    contact_id  uuid NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('email', 'text')),
    -- NULL once it waits no more.
    address     text,
    -- What is asked about next, once the address that is in use has said that the change is right.
    then_channel text CHECK (then_channel IN ('email', 'text')),
    then_address text,
    confirmed   boolean NOT NULL DEFAULT false,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (address IS NULL OR NOT confirmed),
    CHECK (then_address IS NULL OR (then_channel IS NOT NULL AND address IS NOT NULL))
);
CREATE UNIQUE INDEX address_questions_waiting
    ON address_questions (partner_id, contact_id, coalesce(then_channel, channel)) WHERE address IS NOT NULL;
CREATE INDEX address_questions_asked ON address_questions (asked_at);

-- migrate: rollback
DROP TABLE address_questions, email_opt_outs, own_choices;
