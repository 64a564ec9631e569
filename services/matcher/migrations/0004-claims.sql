-- claims from the yes to the handover
-- depends: 0003-programmes

-- migrate: apply

ALTER TABLE offers DROP CONSTRAINT offers_status_check;
ALTER TABLE offers ADD CONSTRAINT offers_status_check
    CHECK (status IN ('open', 'declined', 'expired', 'withdrawn', 'refused', 'claimed', 'contacted', 'completed',
                      'lapsed', 'undone', 'disputed'));
ALTER TABLE offers ADD COLUMN waived jsonb NOT NULL DEFAULT '{}';
ALTER TABLE offers ADD COLUMN scheduled timestamptz;

-- migrate: rollback
ALTER TABLE offers DROP COLUMN scheduled;
ALTER TABLE offers DROP COLUMN waived;
UPDATE offers SET status = 'lapsed' WHERE status = 'undone';
ALTER TABLE offers DROP CONSTRAINT offers_status_check;
ALTER TABLE offers ADD CONSTRAINT offers_status_check
    CHECK (status IN ('open', 'declined', 'expired', 'withdrawn', 'refused', 'claimed', 'contacted', 'completed',
                      'lapsed', 'disputed'));
