-- A group that a session is in is in the list.
INSERT OR IGNORE INTO session_group (name, position, json)
    SELECT DISTINCT group_name, 1000000, '{}' FROM session WHERE group_name IS NOT NULL;
