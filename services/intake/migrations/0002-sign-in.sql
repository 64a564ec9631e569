-- signing in by an emailed link
-- depends: 0001-needs-partners-answers

-- migrate: apply

-- Asked for and not yet sent: one a person, however often they press the button. The link is made when it is sent.
CREATE TABLE sign_in_emails (
    person_id uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
    language  text NOT NULL,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    due_at    timestamptz NOT NULL DEFAULT now(),
    attempts  int NOT NULL DEFAULT 0 CHECK (attempts >= 0)
);
CREATE INDEX sign_in_emails_due ON sign_in_emails (due_at);

-- A link is good once. Only its hash is here, so that a stolen backup opens nothing.
CREATE TABLE sign_in_links (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    person_id  uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_expiry ON sign_in_links (expires_at);

-- A session changes its token every hour; the one before is good for another minute, for pages that load at once.
CREATE TABLE sessions (
    token_hash    bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    previous_hash bytea UNIQUE CHECK (length(previous_hash) = 32),
    person_id     uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    signed_in_at  timestamptz NOT NULL DEFAULT now(),
    rotated_at    timestamptz NOT NULL DEFAULT now()
);

-- For the limit of links an address, or a place, may ask for. Hashes: who tried is nobody's business.
CREATE TABLE sign_in_attempts (
    subject bytea NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_attempts_subject ON sign_in_attempts (subject, at);

-- migrate: rollback
DROP TABLE sign_in_attempts, sessions, sign_in_links, sign_in_emails;
