-- The audit: bytes is the record as canonical JSON, which holds the hash of the record before; leaf is its
-- hash. The other columns are copies out of it to search by, and are checked against it.
CREATE TABLE audit_record (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    agent   TEXT,
    session TEXT,
    run     TEXT,
    verdict TEXT,
    intent  INTEGER,
    text    TEXT NOT NULL,
    bytes   TEXT NOT NULL,
    leaf    BLOB NOT NULL
);
CREATE INDEX audit_kind ON audit_record (kind, seq);
CREATE INDEX audit_agent ON audit_record (agent, seq) WHERE agent IS NOT NULL;
CREATE INDEX audit_session ON audit_record (session, seq) WHERE session IS NOT NULL;
CREATE INDEX audit_verdict ON audit_record (verdict, seq) WHERE verdict IS NOT NULL;
CREATE INDEX audit_intent ON audit_record (intent) WHERE intent IS NOT NULL;

-- Signed roots. frontier is the right edge of the tree of that size, to go on from.
CREATE TABLE audit_checkpoint (
    size     INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    note     TEXT NOT NULL,
    frontier BLOB NOT NULL
);

-- Records that were dropped after their time: what is needed to verify what came after them.
CREATE TABLE audit_segment (
    last      INTEGER NOT NULL PRIMARY KEY,
    first     INTEGER NOT NULL,
    from_at   INTEGER NOT NULL,
    to_at     INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    leaf      BLOB NOT NULL,
    frontier  BLOB NOT NULL,
    note      TEXT NOT NULL,
    proof     BLOB NOT NULL
);

-- Only ever added to. What belongs to a sealed segment may go.
CREATE TRIGGER audit_record_unchanged BEFORE UPDATE ON audit_record BEGIN
    SELECT RAISE(ABORT, 'audit records are not changed');
END;
CREATE TRIGGER audit_record_kept BEFORE DELETE ON audit_record
WHEN old.seq > (SELECT coalesce(max(last), 0) FROM audit_segment) BEGIN
    SELECT RAISE(ABORT, 'audit records are not deleted');
END;
CREATE TRIGGER audit_checkpoint_unchanged BEFORE UPDATE ON audit_checkpoint BEGIN
    SELECT RAISE(ABORT, 'checkpoints are not changed');
END;
CREATE TRIGGER audit_segment_unchanged BEFORE UPDATE ON audit_segment BEGIN
    SELECT RAISE(ABORT, 'segments are not changed');
END;
CREATE TRIGGER audit_segment_kept BEFORE DELETE ON audit_segment BEGIN
    SELECT RAISE(ABORT, 'segments are not deleted');
END;

-- Rows from before the chain. They are put into it when the store is opened, and the table goes.
ALTER TABLE audit RENAME TO audit_former;
