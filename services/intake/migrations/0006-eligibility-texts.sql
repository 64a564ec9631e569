-- what partners say of who is helped, in words
-- depends: 0005-households

-- migrate: apply

-- Beside the record, which is on a topic, where no typed text goes. Shown, and decides nothing.
CREATE TABLE eligibility_texts (
    partner_id uuid NOT NULL REFERENCES partners,
    service_id uuid NOT NULL,
    text       text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    PRIMARY KEY (partner_id, service_id)
);

-- migrate: rollback
DROP TABLE eligibility_texts;
