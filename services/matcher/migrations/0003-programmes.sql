-- programmes: services with seats and a term
-- depends: 0002-open-needs

-- migrate: apply

-- As the partners' newest records have them. Whoever awards a seat locks the row first.
CREATE TABLE programmes (
    partner_id uuid NOT NULL,
    service_id uuid NOT NULL,
    seats      int NOT NULL CHECK (seats > 0),
    begins     date NOT NULL,
    ends       date NOT NULL CHECK (ends >= begins),
    PRIMARY KEY (partner_id, service_id)
);
CREATE INDEX offers_holding ON offers (partner_id, service_id) WHERE status IN ('claimed', 'contacted', 'completed');

-- migrate: rollback
DROP INDEX offers_holding;
DROP TABLE programmes;
