CREATE TABLE ticket (
    -- The order of arrival, which breaks ties in lists.
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    requester TEXT NOT NULL,
    assignee TEXT,
    category TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED')),
    priority TEXT NOT NULL CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')),
    -- Milliseconds since 1970.
    created INTEGER NOT NULL,
    -- The time from which a resolved ticket waits to be closed.
    resolved INTEGER,
    -- Business times at which a live ticket's first timer is due and at risk.
    due INTEGER,
    risk INTEGER,
    -- The last stop of a timer, and the last business time at which one is or was due.
    last_stop INTEGER,
    last_due INTEGER,
    -- A `TicketRecord` without its conversation.
    head TEXT NOT NULL,
    -- Messages, notes and history.
    conversation TEXT NOT NULL
) STRICT;

CREATE TABLE ticket_count (
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    tickets INTEGER NOT NULL,
    PRIMARY KEY (status, priority)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ticket_stored AFTER INSERT ON ticket BEGIN
    INSERT INTO ticket_count VALUES (NEW.status, NEW.priority, 1)
        ON CONFLICT DO UPDATE SET tickets = tickets + 1;
END;

CREATE TRIGGER ticket_changed AFTER UPDATE OF status, priority ON ticket BEGIN
    UPDATE ticket_count SET tickets = tickets - 1
        WHERE status = OLD.status AND priority = OLD.priority;
    INSERT INTO ticket_count VALUES (NEW.status, NEW.priority, 1)
        ON CONFLICT DO UPDATE SET tickets = tickets + 1;
END;

CREATE TRIGGER ticket_deleted AFTER DELETE ON ticket BEGIN
    UPDATE ticket_count SET tickets = tickets - 1
        WHERE status = OLD.status AND priority = OLD.priority;
END;
