CREATE INDEX ticket_by_creation ON ticket (status, priority, created, id);
CREATE INDEX ticket_by_category ON ticket (category, status, priority, created, id);
CREATE INDEX ticket_by_assignee ON ticket (assignee, status, priority, created, id);
CREATE INDEX ticket_by_requester ON ticket (requester, status, priority, created, id);

CREATE INDEX ticket_by_due ON ticket (due, id) WHERE due IS NOT NULL;
CREATE INDEX ticket_by_risk ON ticket (risk, due) WHERE due IS NOT NULL;
CREATE INDEX ticket_by_resolution ON ticket (resolved, id) WHERE resolved IS NOT NULL;

CREATE INDEX ticket_by_last_stop ON ticket (last_stop) WHERE last_stop IS NOT NULL;
CREATE INDEX ticket_by_last_due ON ticket (last_due) WHERE last_due IS NOT NULL;
