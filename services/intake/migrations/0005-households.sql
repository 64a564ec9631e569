-- the same household twice: what it is found by, and what a coordinator linked
-- depends: 0004-danger-count

-- migrate: apply

-- Keyed hashes: they tell that two needs may be of one household, and nothing about it. Erased with the family.
CREATE TABLE household_marks (
    need_id uuid NOT NULL REFERENCES families ON DELETE CASCADE,
    kind    text NOT NULL CHECK (kind IN ('phone', 'email', 'address_and_name', 'name_and_birth_year')),
    hash    bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (need_id, kind, hash)
);
CREATE INDEX household_marks_hash ON household_marks (kind, hash);

-- Linked by hand, either way round, at most once at a time. What was unlinked stays: who, and when.
CREATE TABLE household_links (
    need_id     uuid NOT NULL REFERENCES needs,
    other_id    uuid NOT NULL REFERENCES needs CHECK (need_id < other_id),
    linked_by   uuid NOT NULL REFERENCES people,
    linked_at   timestamptz NOT NULL DEFAULT now(),
    unlinked_by uuid REFERENCES people,
    unlinked_at timestamptz CHECK ((unlinked_at IS NULL) = (unlinked_by IS NULL)),
    PRIMARY KEY (need_id, other_id, linked_at)
);
CREATE UNIQUE INDEX household_links_now ON household_links (need_id, other_id) WHERE unlinked_at IS NULL;
CREATE INDEX household_links_other ON household_links (other_id) WHERE unlinked_at IS NULL;

-- migrate: rollback
DROP TABLE household_links, household_marks;
