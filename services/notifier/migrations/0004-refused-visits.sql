-- which visits were refused, looked up before a visit is told of
-- depends: 0003-perhaps-sent

-- migrate: apply
CREATE INDEX messages_refused_visits ON messages (need_id) WHERE purpose = 'visit_refused';

-- migrate: rollback
DROP INDEX messages_refused_visits;
