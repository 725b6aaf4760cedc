-- Id of this file, which tells the tokens of its events from those of another. A copy of the file has the same.
CREATE TABLE file_identity (id TEXT NOT NULL) STRICT;

INSERT INTO file_identity VALUES (lower(hex(randomblob(8))));
