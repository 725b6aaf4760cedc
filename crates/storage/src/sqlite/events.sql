-- The newest changes in order, for streams of events. A new ticket has version 0 here.
CREATE TABLE ticket_change (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER ticket_change_stored AFTER INSERT ON ticket BEGIN
    INSERT INTO ticket_change (ticket, version) VALUES (NEW.id, 0);
END;

CREATE TRIGGER ticket_change_made AFTER UPDATE OF head ON ticket BEGIN
    -- Another program may have damaged the JSON.
    INSERT INTO ticket_change (ticket, version) VALUES (
        NEW.id,
        CASE json_valid(NEW.head) WHEN 1 THEN CAST(ifnull(NEW.head ->> 'version', 0) AS INTEGER) ELSE 0 END
    );
END;

-- Keeps the newest 100,000 changes, and removes the others a thousand at a time.
CREATE TRIGGER ticket_change_kept AFTER INSERT ON ticket_change WHEN NEW.position % 1000 = 0 BEGIN
    DELETE FROM ticket_change WHERE position <= NEW.position - 100000;
END;
