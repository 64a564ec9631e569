-- sites, people and roles from pages: who may, who is paused, who changed what, and the letters to them
-- depends: 0012-receipts

-- migrate: apply

ALTER TABLE people DROP CONSTRAINT people_role_check;
ALTER TABLE people ADD CONSTRAINT people_role_check
    CHECK (role IN ('coordinator', 'supervisor', 'district', 'administrator'));
ALTER TABLE people ADD COLUMN paused_at timestamptz;

-- Who decides in the supervisor's place. None: the network's administrators.
ALTER TABLE sites ADD COLUMN deputy_id uuid REFERENCES people ON DELETE SET NULL;

-- Which fields, never what stood in them: the record itself says that. Without a site it is about the whole network.
CREATE TABLE administration (
    entry_id bigserial PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    by_id    uuid NOT NULL REFERENCES people,
    what     text NOT NULL,
    about    text NOT NULL,
    fields   text[] NOT NULL DEFAULT '{}',
    site_id  uuid REFERENCES sites
);
CREATE INDEX administration_site ON administration (site_id, entry_id DESC);
CREATE TRIGGER administration_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON administration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Emails to those who work here, written with what they tell of. Whoever is no person here has an address of their own.
CREATE TABLE letters (
    letter_id  uuid PRIMARY KEY,
    what       text NOT NULL,
    person_id  uuid REFERENCES people ON DELETE CASCADE,
    email      text,
    name       text,
    language   text,
    about      uuid,
    facts      jsonb NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(),
    attempts   int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    CHECK ((person_id IS NULL) = (email IS NOT NULL AND name IS NOT NULL AND language IS NOT NULL))
);
CREATE INDEX letters_due ON letters (due_at);

-- migrate: rollback
DROP TABLE letters, administration;
ALTER TABLE sites DROP COLUMN deputy_id;
ALTER TABLE people DROP COLUMN paused_at;
DELETE FROM people WHERE role IN ('supervisor', 'administrator');
ALTER TABLE people DROP CONSTRAINT people_role_check;
ALTER TABLE people ADD CONSTRAINT people_role_check CHECK (role IN ('coordinator', 'district'));
