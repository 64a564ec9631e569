-- why a partner was not asked, as it was looked at once a day
-- depends: 0016-partners-sign-in

-- migrate: apply

-- Counts of needs by rule, and nothing of any need: made anew at most once a day, so that whoever changes a record and
-- looks again does not find out what a family is like.
CREATE TABLE not_asked (
    partner_id uuid PRIMARY KEY REFERENCES partners,
    looked_at  timestamptz NOT NULL DEFAULT now(),
    asked      int NOT NULL CHECK (asked >= 0),
    in_area    int NOT NULL CHECK (in_area >= 0),
    left_out   jsonb NOT NULL
);

-- migrate: rollback
DROP TABLE not_asked;
