-- How far an answer has come that is still being written. Its message takes its place.
CREATE TABLE draft (
    key        TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL,
    run        TEXT NOT NULL,
    json       TEXT NOT NULL
);
