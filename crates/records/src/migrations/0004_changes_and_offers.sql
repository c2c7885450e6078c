-- The order in which announcements become visible. Words in braces and conventions as in 0001.
--
-- Numbers are given when a row is written, but rows become visible when their transactions end, in another order. PostgreSQL says of each
-- snapshot which transactions it sees; a reader that knows the transaction of a row finds exactly the rows that its last look did not see.
-- SQLite has one writer at a time: there, numbers are in the order of the commits.
--
-- Servers of the version before write rows without naming this column: its default is right for them too.
ALTER TABLE announcements ADD COLUMN transaction_number {integer} NOT NULL DEFAULT {transaction};
CREATE INDEX announcements_by_transaction ON announcements (transaction_number);

-- The override's bundle that a device was given last, if the device reports no bundle itself: how it is known that it runs it.
-- Servers of the version before run while this is applied and after it. They leave these columns as they are, and give such devices the
-- bundle at every poll, as they always did. There is no reference to the bundle: that it was offered once keeps nobody from deleting it.

ALTER TABLE devices ADD COLUMN offered_bundle_id {uuid};
ALTER TABLE devices ADD COLUMN offered_to_version {text};
ALTER TABLE devices ADD COLUMN offer_installed {boolean} NOT NULL DEFAULT {false};
