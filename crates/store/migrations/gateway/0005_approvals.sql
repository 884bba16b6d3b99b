-- Who asked, how many must say yes, who did; and what was granted beyond one answer.

ALTER TABLE approval ADD COLUMN requester TEXT;
ALTER TABLE approval ADD COLUMN approvers INTEGER NOT NULL DEFAULT 1;
-- Principals, one on each line.
ALTER TABLE approval ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE approval ADD COLUMN bound INTEGER NOT NULL DEFAULT 0;
UPDATE approval SET state = 'consumed' WHERE state = 'allowed' AND consumed_at IS NOT NULL;
CREATE INDEX approval_unused ON approval (expires_at) WHERE state = 'allowed' AND bound;

CREATE TABLE approval_grant (
    id           TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    text         TEXT NOT NULL,
    digest       TEXT,
    agent        TEXT NOT NULL,
    session      TEXT,
    cwd          TEXT,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   INTEGER,
    uses         INTEGER NOT NULL DEFAULT 0,
    last_used_at INTEGER,
    revoked_at   INTEGER
);
CREATE INDEX approval_grant_live ON approval_grant (agent, created_at) WHERE revoked_at IS NULL;
