-- what nobody could do, and what of it is told
-- depends: 0008-backups

-- migrate: apply

-- One line of a need that ended without it. `month` is the first day of the month in which it ended, where its site is.
CREATE TABLE gaps (
    need_id  uuid NOT NULL REFERENCES needs,
    line     int NOT NULL,
    month    date NOT NULL CHECK (extract(day FROM month) = 1),
    category text NOT NULL,
    zip_code text NOT NULL,
    language text NOT NULL,
    cause    text NOT NULL,
    rule     text,
    PRIMARY KEY (need_id, line)
);
CREATE INDEX gaps_month ON gaps (month);

-- The quarters that have been reported, by their first day; and all that is ever told of them. Neither changes any more.
CREATE TABLE gap_quarters (
    quarter     date PRIMARY KEY CHECK (extract(day FROM quarter) = 1 AND extract(month FROM quarter) IN (1, 4, 7, 10)),
    reported_at timestamptz NOT NULL DEFAULT now()
);
-- Without a site it is of all sites; without a dimension it is the sum.
CREATE TABLE gap_figures (
    quarter   date NOT NULL REFERENCES gap_quarters,
    site_id   uuid REFERENCES sites,
    dimension text,
    value     text NOT NULL,
    gaps      int NOT NULL CHECK (gaps >= 10),
    UNIQUE NULLS NOT DISTINCT (quarter, site_id, dimension, value)
);

-- migrate: rollback
DROP TABLE gap_figures, gap_quarters, gaps;
