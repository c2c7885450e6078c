-- The event feed: each event gets a number after it was committed. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They write events without the new columns, which are null then, and
-- know nothing of numbers: the database itself notes each new event as pending, whoever writes it. There are no foreign keys, because a
-- transaction that holds one organization would stop the numbering of all.

-- What the event is about: the product and the cohort, where there is one.
ALTER TABLE events ADD COLUMN product_id {uuid};
ALTER TABLE events ADD COLUMN cohort_id {uuid};
CREATE INDEX events_product ON events (organization_id, product_id, inserted_at, id) WHERE product_id IS NOT NULL;
CREATE INDEX events_cohort ON events (organization_id, cohort_id, inserted_at, id) WHERE cohort_id IS NOT NULL;

-- Events that have no number yet, in the order in which they were written.
CREATE TABLE event_pending (
    place {serial},
    event_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL
){strict};
-- Rows come and go all the time: what is dead is found by count, not by its share of a table that is almost empty.
{postgres}ALTER TABLE event_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- The feed of each organization. `feed` is another one after a restore and in a copy; `last_word` belongs to the event with `last_number`;
-- from `complete_from` on no event has been deleted.
CREATE TABLE event_feeds (
    organization_id {uuid} NOT NULL CONSTRAINT event_feeds_pkey PRIMARY KEY,
    feed {uuid} NOT NULL,
    last_number {integer} NOT NULL,
    last_word {integer} NOT NULL,
    complete_from {integer} NOT NULL
){strict};

-- The numbers of events: 1, 2, 3 … in each organization. `word` is random, the same for all numbers that were given at once: it tells a
-- number that was given once more, after a failover, from the first one.
CREATE TABLE event_feed (
    organization_id {uuid} NOT NULL,
    number {integer} NOT NULL,
    event_id {uuid} NOT NULL,
    word {integer} NOT NULL,
    CONSTRAINT event_feed_pkey PRIMARY KEY (organization_id, number),
    CONSTRAINT event_feed_event UNIQUE (event_id)
){strict};

-- SQLite's trigger says the same, in its own words.
{postgres}CREATE FUNCTION note_pending_events() RETURNS trigger LANGUAGE plpgsql AS $$
{postgres}BEGIN
{postgres}    INSERT INTO event_pending (event_id, organization_id) SELECT id, organization_id FROM added;
{postgres}    RETURN NULL;
{postgres}END $$;
{postgres}CREATE TRIGGER events_are_pending AFTER INSERT ON events
{postgres}    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_pending_events();
