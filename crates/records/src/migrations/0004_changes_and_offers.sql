-- The order in which announcements become visible. Words in braces and conventions as in 0001.
--
-- Numbers are given when a row is written, but rows become visible when their transactions end, in another order. PostgreSQL says of each
-- snapshot which transactions it sees; a reader that knows the transaction of a row finds exactly the rows that its last look did not see.
-- SQLite has one writer at a time: there, numbers are in the order of the commits.
--
-- Servers of the version before write rows without naming this column: its default is right for them too.
ALTER TABLE announcements ADD COLUMN transaction_number {integer} NOT NULL DEFAULT {transaction};
CREATE INDEX announcements_by_transaction ON announcements (transaction_number);
