-- needs that cannot wait: somebody is told when nobody has said yes
-- depends: 0004-chances

-- migrate: apply

ALTER TABLE needs ADD COLUMN alert_at timestamptz, DROP CONSTRAINT needs_stuck_check,
    ADD CHECK (stuck IN ('nobody_eligible', 'nobody_left', 'nobody_yet', 'family_silent', 'family_disputed'));

-- migrate: rollback
UPDATE needs SET stuck = 'nobody_left' WHERE stuck = 'nobody_yet';
ALTER TABLE needs DROP COLUMN alert_at, DROP CONSTRAINT needs_stuck_check,
    ADD CHECK (stuck IN ('nobody_eligible', 'nobody_left', 'family_silent', 'family_disputed'));
