-- The time in milliseconds until which a ticket in progress waits, the largest number without an end.
ALTER TABLE ticket ADD COLUMN waiting_until INTEGER;
-- The time at which the bot handed a live ticket over to a human.
ALTER TABLE ticket ADD COLUMN handoff INTEGER;

CREATE INDEX ticket_by_wait ON ticket (waiting_until) WHERE waiting_until IS NOT NULL;
CREATE INDEX ticket_by_handoff ON ticket (handoff) WHERE handoff IS NOT NULL;
