-- needs that wait for approval before they go out; directories that wait to be taken in; organizations that ask to join
-- depends: 0014-raised-needs

-- migrate: apply

-- approval_above: US dollars, asked for together in one need.
ALTER TABLE sites
    ADD COLUMN approval text NOT NULL DEFAULT 'none' CHECK (approval IN ('none', 'above', 'sensitive', 'all')),
    ADD COLUMN approval_above int CHECK (approval_above >= 0),
    ADD CHECK (approval <> 'above' OR approval_above IS NOT NULL);

ALTER TABLE needs DROP CONSTRAINT needs_status_check;
ALTER TABLE needs ADD CONSTRAINT needs_status_check
    CHECK (status IN ('approval', 'sent_back', 'open', 'asking', 'claimed', 'confirming', 'fulfilled',
                      'partly_fulfilled', 'unmet'));

-- One row a need, for its newest asking. `revision` counts what was asked or changed: who decides, decides on that.
CREATE TABLE approvals (
    need_id      uuid PRIMARY KEY REFERENCES needs,
    revision     int NOT NULL DEFAULT 1,
    state        text NOT NULL CHECK (state IN ('waiting', 'approved', 'sent_back', 'expired', 'dropped')),
    asked_at     timestamptz NOT NULL DEFAULT now(),
    escalates_at timestamptz NOT NULL,
    escalated    boolean NOT NULL DEFAULT false,
    expires_at   timestamptz NOT NULL CHECK (expires_at >= escalates_at),
    decided_at   timestamptz,
    decided_by   uuid REFERENCES people,
    reason       text CHECK (length(reason) BETWEEN 1 AND 500),
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX approvals_due ON approvals (least(expires_at, CASE WHEN NOT escalated THEN escalates_at END))
    WHERE state = 'waiting';

-- A file as it was uploaded, so that what is taken in is what was looked at. Gone once it is taken, or after a day.
CREATE TABLE imports (
    import_id   uuid PRIMARY KEY,
    uploaded_by uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    name        text NOT NULL,
    raw         bytea NOT NULL,
    active      boolean NOT NULL
);

-- No partner yet: it is asked nothing, and stands on no topic, before an administrator has accepted it.
CREATE TABLE applications (
    application_id uuid PRIMARY KEY,
    applied_at     timestamptz NOT NULL DEFAULT now(),
    entered        jsonb NOT NULL,
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'refused')),
    decided_at     timestamptz CHECK ((decided_at IS NULL) = (state = 'waiting')),
    decided_by     uuid REFERENCES people,
    reason         text CHECK (length(reason) BETWEEN 1 AND 500)
);
CREATE INDEX applications_waiting ON applications (applied_at) WHERE state = 'waiting';

-- migrate: rollback
DROP TABLE applications, imports;
DROP TABLE approvals;
UPDATE needs SET status = 'open' WHERE status IN ('approval', 'sent_back');
ALTER TABLE needs DROP CONSTRAINT needs_status_check;
ALTER TABLE needs ADD CONSTRAINT needs_status_check
    CHECK (status IN ('open', 'asking', 'claimed', 'confirming', 'fulfilled', 'partly_fulfilled', 'unmet'));
ALTER TABLE sites DROP COLUMN approval, DROP COLUMN approval_above;
