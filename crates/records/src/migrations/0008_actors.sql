-- The actor of an event as a kind and a key, so that a new kind of actors needs no column. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. Their rows, and all older ones, have no `actor_kind`: there, the
-- actor is what `api_key_id` or `device_id` names, or the server itself. Newer servers write all four columns, so that servers of the
-- version before can read their rows, and so that lists by API key or by device find every row by the indexes of these two columns. The
-- key of an actor of another kind is in `actor_id` only. No row is changed and no index is made, so this takes no time on a large table.

-- `api_key`, `device` or `system`; later versions have further kinds.
ALTER TABLE events ADD COLUMN actor_kind {text};
-- The key of the actor's record. Null where `actor_kind` is null, and for `system`, which has no record.
ALTER TABLE events ADD COLUMN actor_id {uuid};
