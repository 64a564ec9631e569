-- partners' contacts sign in as people who work here do, by an emailed link
-- depends: 0015-approvals-imports-joining

-- migrate: apply

-- The addresses that are known to be their contacts' own, in small letters. One that waits for a word is not among them.
CREATE FUNCTION contact_emails(record jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(jsonb_path_query_array(record, '$.contacts[*] ? (!(@.confirmed == false)).email')::text)::jsonb;
CREATE INDEX partners_contact_emails ON partners USING gin (contact_emails(record));

-- One email an address, whatever it opens: whose it is, and the links, are found when it is sent.
ALTER TABLE sign_in_emails ADD COLUMN email text CHECK (email = lower(email));
UPDATE sign_in_emails SET email = lower(people.email) FROM people WHERE people.person_id = sign_in_emails.person_id;
ALTER TABLE sign_in_emails DROP COLUMN person_id, ADD PRIMARY KEY (email);

-- email_hash: the address that the link went to. Whoever has another by now is not let in.
ALTER TABLE sign_in_links
    ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN partner_id uuid REFERENCES partners,
    ADD COLUMN contact_id uuid,
    ADD COLUMN email_hash bytea CHECK (length(email_hash) = 32),
    ADD CHECK (num_nonnulls(person_id, partner_id) = 1),
    ADD CHECK (num_nonnulls(partner_id, contact_id, email_hash) IN (0, 3));
ALTER TABLE sessions
    ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN partner_id uuid REFERENCES partners,
    ADD COLUMN contact_id uuid,
    ADD COLUMN email_hash bytea CHECK (length(email_hash) = 32),
    ADD CHECK (num_nonnulls(person_id, partner_id) = 1),
    ADD CHECK (num_nonnulls(partner_id, contact_id, email_hash) IN (0, 3));

-- migrate: rollback
DELETE FROM sessions WHERE person_id IS NULL;
ALTER TABLE sessions
    DROP COLUMN partner_id, DROP COLUMN contact_id, DROP COLUMN email_hash, ALTER COLUMN person_id SET NOT NULL;
DELETE FROM sign_in_links WHERE person_id IS NULL;
ALTER TABLE sign_in_links
    DROP COLUMN partner_id, DROP COLUMN contact_id, DROP COLUMN email_hash, ALTER COLUMN person_id SET NOT NULL;
DELETE FROM sign_in_emails;
ALTER TABLE sign_in_emails
    DROP COLUMN email, ADD COLUMN person_id uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE;
DROP INDEX partners_contact_emails;
DROP FUNCTION contact_emails;
