-- Everything the gateway persists. Times are milliseconds since 1970 in UTC; columns named json, overrides
-- and extra hold text that only the caller reads.

CREATE TABLE session (
    key           TEXT NOT NULL PRIMARY KEY,
    session_id    TEXT NOT NULL,
    agent         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    label         TEXT,
    display_name  TEXT,
    group_name    TEXT,
    overrides     TEXT NOT NULL,
    extra         TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    activity_at   INTEGER,
    read_at       INTEGER,
    preview       TEXT,
    status        TEXT NOT NULL,
    last_run      TEXT,
    started_at    INTEGER,
    ended_at      INTEGER,
    input         INTEGER NOT NULL,
    output        INTEGER NOT NULL,
    cache_read    INTEGER NOT NULL,
    cache_write   INTEGER NOT NULL,
    context       INTEGER NOT NULL,
    cost_usd      REAL,
    pinned_at     INTEGER,
    archived_at   INTEGER,
    parent        TEXT,
    spawned_by    TEXT,
    depth         INTEGER NOT NULL
);
-- The list's order, and what filters it; all of them end in the order, so that a page is read off the index.
CREATE INDEX session_latest ON session (updated_at DESC, key) WHERE archived_at IS NULL;
CREATE INDEX session_of_agent ON session (agent, updated_at DESC, key);
CREATE INDEX session_archived ON session (updated_at DESC, key) WHERE archived_at IS NOT NULL;
CREATE INDEX session_spawned ON session (spawned_by, updated_at DESC, key) WHERE spawned_by IS NOT NULL;
CREATE UNIQUE INDEX session_id ON session (session_id);
CREATE INDEX session_running ON session (key) WHERE status = 'running';

CREATE TABLE session_group (
    name     TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    json     TEXT NOT NULL
);

-- The generations of a session's transcript: a compaction or a reset archives one and begins the next.
-- A session has at most one that is live. next_seq goes on over the generations of one session id.
CREATE TABLE transcript (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    begun_at    INTEGER NOT NULL,
    archived_at INTEGER,
    reason      TEXT,
    next_seq    INTEGER NOT NULL,
    entries     INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX transcript_live ON transcript (key) WHERE archived_at IS NULL;
CREATE INDEX transcript_key ON transcript (key, id);

CREATE TABLE entry (
    row        INTEGER PRIMARY KEY,
    transcript INTEGER NOT NULL REFERENCES transcript (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    id         TEXT NOT NULL,
    at         INTEGER NOT NULL,
    role       TEXT NOT NULL,
    run        TEXT,
    json       TEXT NOT NULL,
    text       TEXT NOT NULL
);
CREATE UNIQUE INDEX entry_order ON entry (transcript, seq);
CREATE UNIQUE INDEX entry_id ON entry (transcript, id);

CREATE VIRTUAL TABLE entry_words USING fts5 (
    text,
    content = 'entry',
    content_rowid = 'row',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
    INSERT INTO entry_words (rowid, text) VALUES (new.row, new.text);
    UPDATE transcript SET entries = entries + 1, next_seq = max(next_seq, new.seq + 1)
     WHERE id = new.transcript;
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
    INSERT INTO entry_words (entry_words, rowid, text) VALUES ('delete', old.row, old.text);
    UPDATE transcript SET entries = entries - 1 WHERE id = old.transcript;
END;

-- Inputs that were accepted and wait for their turn.
CREATE TABLE input (
    id   TEXT NOT NULL PRIMARY KEY,
    key  TEXT NOT NULL,
    at   INTEGER NOT NULL,
    json TEXT NOT NULL
);
CREATE INDEX input_of_session ON input (key, at);

CREATE TABLE run (
    id         TEXT NOT NULL PRIMARY KEY,
    key        TEXT NOT NULL,
    agent      TEXT NOT NULL,
    state      TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    json       TEXT NOT NULL
);
CREATE INDEX run_of_session ON run (key, started_at DESC);
CREATE INDEX run_running ON run (id) WHERE state = 'running';

CREATE TABLE approval (
    id          TEXT NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    agent       TEXT,
    session     TEXT,
    run         TEXT,
    digest      TEXT NOT NULL,
    request     TEXT NOT NULL,
    decision    TEXT,
    reason      TEXT,
    resolver    TEXT,
    settled_at  INTEGER,
    consumed_at INTEGER
);
CREATE INDEX approval_pending ON approval (created_at) WHERE state = 'pending';
CREATE INDEX approval_settled ON approval (settled_at DESC, id DESC) WHERE state <> 'pending';

CREATE TABLE allow_entry (
    id            TEXT NOT NULL PRIMARY KEY,
    position      INTEGER NOT NULL,
    agent         TEXT NOT NULL,
    pattern       TEXT NOT NULL,
    arg_pattern   TEXT,
    source        TEXT,
    command       TEXT,
    added_at      INTEGER NOT NULL,
    last_used_at  INTEGER,
    last_command  TEXT,
    last_resolved TEXT
);
CREATE INDEX allow_entry_agent ON allow_entry (agent, position);

CREATE TABLE device (
    id           TEXT NOT NULL PRIMARY KEY,
    public_key   TEXT NOT NULL,
    name         TEXT,
    approved_at  INTEGER NOT NULL,
    last_seen_at INTEGER,
    json         TEXT NOT NULL
);
CREATE TABLE device_token (
    device       TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    role         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    rotated_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,
    PRIMARY KEY (device, role)
);
CREATE UNIQUE INDEX device_token_hash ON device_token (hash);
CREATE TABLE pairing (
    id         TEXT NOT NULL PRIMARY KEY,
    device     TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    settled_at INTEGER,
    json       TEXT NOT NULL
);
CREATE INDEX pairing_pending ON pairing (created_at) WHERE state = 'pending';
CREATE UNIQUE INDEX pairing_of_device ON pairing (device) WHERE state = 'pending';
CREATE TABLE setup_code (
    hash       TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    json       TEXT NOT NULL
);

-- What was answered to an idempotency key. json is NULL while the answer is being worked out.
CREATE TABLE answer (
    key        TEXT NOT NULL PRIMARY KEY,
    json       TEXT,
    expires_at INTEGER NOT NULL
);
CREATE INDEX answer_expiry ON answer (expires_at);

CREATE TABLE usage (
    row         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    day         TEXT NOT NULL,
    session     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    run         TEXT NOT NULL,
    provider    TEXT NOT NULL,
    model       TEXT NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    context     INTEGER NOT NULL,
    cost_usd    REAL
);
CREATE INDEX usage_day ON usage (day);
CREATE INDEX usage_session ON usage (session, at);

CREATE TABLE agent (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT,
    created_at INTEGER NOT NULL,
    json       TEXT NOT NULL
);
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    json TEXT NOT NULL
);

-- Only ever added to: the triggers refuse anything else.
CREATE TABLE audit (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    at   INTEGER NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL
);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are not changed');
END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are not deleted');
END;
