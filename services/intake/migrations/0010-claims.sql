-- claims from the yes to the handover
-- depends: 0009-gaps

-- migrate: apply

ALTER TABLE answers DROP CONSTRAINT answers_kind_check;
ALTER TABLE answers ADD CONSTRAINT answers_kind_check
    CHECK (kind IN ('accepted', 'declined', 'contacted', 'completed', 'released', 'undone', 'scheduled',
                    'not_reached'));
ALTER TABLE offers ADD COLUMN undo_until timestamptz;

-- migrate: rollback
ALTER TABLE offers DROP COLUMN undo_until;
DELETE FROM answers WHERE kind IN ('undone', 'scheduled', 'not_reached');
ALTER TABLE answers DROP CONSTRAINT answers_kind_check;
ALTER TABLE answers ADD CONSTRAINT answers_kind_check
    CHECK (kind IN ('accepted', 'declined', 'contacted', 'completed', 'released'));
