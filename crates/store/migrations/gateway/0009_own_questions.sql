-- The person behind whoever asked, who cannot say yes by another device either.
ALTER TABLE approval ADD COLUMN requester_person TEXT;
-- What asked when a grant was given, one on each line. A pattern that was given before answers nothing any more.
ALTER TABLE approval_grant ADD COLUMN answers TEXT NOT NULL DEFAULT '';
