-- claims from the yes to the handover
-- depends: 0005-tonight

-- migrate: apply

ALTER TABLE offers DROP CONSTRAINT offers_status_check;
ALTER TABLE offers ADD CONSTRAINT offers_status_check
    CHECK (status IN ('open', 'declined', 'expired', 'withdrawn', 'refused', 'claimed', 'contacted', 'completed',
                      'lapsed', 'undone', 'disputed'));
ALTER TABLE offers ADD COLUMN waived jsonb NOT NULL DEFAULT '{}';
ALTER TABLE offers ADD COLUMN scheduled timestamptz;
ALTER TABLE offers ADD COLUMN schedules int NOT NULL DEFAULT 0 CHECK (schedules >= 0);
ALTER TABLE offers ADD COLUMN unreached int NOT NULL DEFAULT 0 CHECK (unreached >= 0);
ALTER TABLE needs DROP CONSTRAINT needs_stuck_check;
ALTER TABLE needs ADD CONSTRAINT needs_stuck_check
    CHECK (stuck IN ('nobody_eligible', 'nobody_left', 'nobody_yet', 'family_silent', 'family_disputed',
                     'family_unreachable'));

-- migrate: rollback
UPDATE needs SET stuck = NULL WHERE stuck = 'family_unreachable';
ALTER TABLE needs DROP CONSTRAINT needs_stuck_check;
ALTER TABLE needs ADD CONSTRAINT needs_stuck_check
    CHECK (stuck IN ('nobody_eligible', 'nobody_left', 'nobody_yet', 'family_silent', 'family_disputed'));
ALTER TABLE offers DROP COLUMN unreached;
ALTER TABLE offers DROP COLUMN schedules;
ALTER TABLE offers DROP COLUMN scheduled;
ALTER TABLE offers DROP COLUMN waived;
UPDATE offers SET status = 'lapsed' WHERE status = 'undone';
ALTER TABLE offers DROP CONSTRAINT offers_status_check;
ALTER TABLE offers ADD CONSTRAINT offers_status_check
    CHECK (status IN ('open', 'declined', 'expired', 'withdrawn', 'refused', 'claimed', 'contacted', 'completed',
                      'lapsed', 'disputed'));
