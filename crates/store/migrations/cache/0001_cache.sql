-- What the gateways can give again.
CREATE TABLE session (
    gateway    TEXT NOT NULL,
    key        TEXT NOT NULL,
    updated_at INTEGER,
    json       TEXT NOT NULL,
    PRIMARY KEY (gateway, key)
);
CREATE INDEX session_latest ON session (gateway, updated_at, key);

-- One row for each session that has messages. The triggers below keep its counts;
-- `written` rises with every write over all sessions, so the lowest is the one written longest ago.
CREATE TABLE transcript (
    id       INTEGER PRIMARY KEY,
    gateway  TEXT NOT NULL,
    session  TEXT NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0,
    written  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (gateway, session)
);
CREATE INDEX transcript_written ON transcript (written);

CREATE TABLE message (
    row        INTEGER PRIMARY KEY,
    transcript INTEGER NOT NULL REFERENCES transcript (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    position   INTEGER NOT NULL,
    at         INTEGER,
    json       TEXT NOT NULL,
    text       TEXT NOT NULL,
    UNIQUE (transcript, id)
);
CREATE INDEX message_order ON message (transcript, position, id);

CREATE VIRTUAL TABLE message_words USING fts5 (
    text,
    content = 'message',
    content_rowid = 'row',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
    INSERT INTO message_words (rowid, text) VALUES (new.row, new.text);
    UPDATE transcript
       SET messages = messages + 1,
           bytes = bytes + octet_length(new.json) + octet_length(new.text)
     WHERE id = new.transcript;
END;

CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.row, old.text);
    UPDATE transcript
       SET messages = messages - 1,
           bytes = bytes - octet_length(old.json) - octet_length(old.text)
     WHERE id = old.transcript;
END;

CREATE TRIGGER message_reworded AFTER UPDATE OF text ON message WHEN old.text <> new.text BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', old.row, old.text);
    INSERT INTO message_words (rowid, text) VALUES (new.row, new.text);
END;

CREATE TRIGGER message_resized AFTER UPDATE OF json, text ON message BEGIN
    UPDATE transcript
       SET bytes = bytes + octet_length(new.json) + octet_length(new.text)
                         - octet_length(old.json) - octet_length(old.text)
     WHERE id = new.transcript;
END;
