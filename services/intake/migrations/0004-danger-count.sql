-- how often somebody asked what to do in danger, and what a site says about it
-- depends: 0003-identity

-- migrate: apply

-- The site's own steps for reporting, as its coordinators read them; without them the page says in general what to do.
ALTER TABLE sites ADD COLUMN reporting_steps text;

-- A number, and nothing more: not who pressed, not when in the day, not about whom.
CREATE TABLE danger_counts (
    day     date NOT NULL,
    site_id uuid NOT NULL REFERENCES sites,
    count   int NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, site_id)
);

-- migrate: rollback
DROP TABLE danger_counts;
ALTER TABLE sites DROP COLUMN reporting_steps;
