-- JSON list of the tags, as `#tag`, and of what the ticket is about, as `kind:id`; null without any.
ALTER TABLE ticket ADD COLUMN labels TEXT;

-- One row for each label of each ticket, in the order of lists.
CREATE TABLE ticket_label (
    label TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    created INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (label, status, priority, created, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ticket_label_stored AFTER INSERT ON ticket WHEN NEW.labels IS NOT NULL BEGIN
    INSERT INTO ticket_label
        SELECT value, NEW.status, NEW.priority, NEW.created, NEW.id FROM json_each(NEW.labels);
END;

CREATE TRIGGER ticket_label_changed AFTER UPDATE OF labels, status, priority ON ticket
WHEN OLD.labels IS NOT NULL OR NEW.labels IS NOT NULL BEGIN
    DELETE FROM ticket_label
        WHERE label IN (SELECT value FROM json_each(OLD.labels)) AND status = OLD.status
        AND priority = OLD.priority AND created = OLD.created AND id = OLD.id;
    INSERT INTO ticket_label
        SELECT value, NEW.status, NEW.priority, NEW.created, NEW.id FROM json_each(NEW.labels);
END;

CREATE TRIGGER ticket_label_deleted AFTER DELETE ON ticket WHEN OLD.labels IS NOT NULL BEGIN
    DELETE FROM ticket_label
        WHERE label IN (SELECT value FROM json_each(OLD.labels)) AND status = OLD.status
        AND priority = OLD.priority AND created = OLD.created AND id = OLD.id;
END;
