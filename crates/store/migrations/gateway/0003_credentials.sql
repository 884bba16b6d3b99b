-- Credentials that agents may use. Values and data keys are sealed elsewhere and stand here as they came.
-- One row at most.
CREATE TABLE credential_header (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    vault_id      TEXT NOT NULL,
    key_id        TEXT NOT NULL,
    next_key_id   TEXT,
    former_key_id TEXT,
    key_check     BLOB NOT NULL
);

CREATE TABLE credential (
    id           TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    rotated_at   INTEGER,
    expires_at   INTEGER,
    max_uses     INTEGER,
    bounds       TEXT NOT NULL,
    version      INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    uses         INTEGER NOT NULL,
    last_used_at INTEGER
);

-- usable_until is null for the version in force.
CREATE TABLE credential_version (
    credential   TEXT NOT NULL REFERENCES credential (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    usable_until INTEGER,
    wrapped      BLOB NOT NULL,
    sealed       BLOB NOT NULL,
    PRIMARY KEY (credential, version)
) WITHOUT ROWID;
CREATE INDEX credential_version_over ON credential_version (usable_until) WHERE usable_until IS NOT NULL;
