-- What nothing else knows. Small, written seldom, each write synced to the disk.
CREATE TABLE gateway (
    id                  TEXT PRIMARY KEY NOT NULL,
    name                TEXT NOT NULL,
    url                 TEXT NOT NULL,
    pin                 TEXT,
    credential          TEXT NOT NULL,
    credential_saved_at INTEGER,
    paused              INTEGER NOT NULL,
    added_at            INTEGER NOT NULL,
    last_seen           INTEGER,
    json                TEXT NOT NULL
);

CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    json TEXT NOT NULL
);

-- decided_at is null while the item waits for a person.
CREATE TABLE inbox_item (
    key        TEXT PRIMARY KEY NOT NULL,
    gateway    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    json       TEXT NOT NULL
);
CREATE INDEX inbox_item_waiting ON inbox_item (created_at, key) WHERE decided_at IS NULL;
CREATE INDEX inbox_item_decided ON inbox_item (decided_at, key) WHERE decided_at IS NOT NULL;
CREATE INDEX inbox_item_gateway ON inbox_item (gateway);
