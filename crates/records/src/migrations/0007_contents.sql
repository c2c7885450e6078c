-- Contents: what storages hold has a record and an id of its own, with a kind. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They write binaries only, so the database keeps the record of a
-- binary's content from the binary's row, whoever writes that. Such a content has the id of its binary: names in storage, URLs and orders
-- of that version stay right. A step that comes when no such server is left may take the triggers away.

-- Everything that is changed here, at once: in the order in which most transactions write them.
{postgres}LOCK TABLE binary_parts, binaries, binary_replicas IN ACCESS EXCLUSIVE MODE;

CREATE TABLE contents (
    id {uuid} NOT NULL CONSTRAINT contents_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    kind {text} NOT NULL,
    generation {integer} NOT NULL,
    state {text} NOT NULL,
    hash {text} NOT NULL,
    size {integer},
    bytes_uploaded {integer} NOT NULL,
    storage_backend_id {uuid} NOT NULL,
    upload_session {text},
    updated_at {integer} NOT NULL,
    CONSTRAINT contents_owner UNIQUE (organization_id, id)
){strict};
CREATE INDEX contents_by_storage ON contents (storage_backend_id, id);

-- What the content of each binary is, by the binary's row.
CREATE VIEW contents_of_binaries AS
SELECT id, organization_id, 'binary' AS kind, generation,
    CASE
        WHEN state = 'uploadable' THEN 'uploading'
        WHEN state IN ('hashable', 'hashing') THEN 'unverified'
        WHEN state IN ('signable', 'signed') THEN 'verified'
        ELSE 'destroyed'
    END AS state,
    hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
FROM binaries;

INSERT INTO contents (id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at)
SELECT id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
FROM contents_of_binaries;

-- SQLite's triggers say the same, in their own words. One that is there already was copied from another database.
{postgres}CREATE FUNCTION keep_content_of_binary() RETURNS trigger LANGUAGE plpgsql AS $$
{postgres}BEGIN
{postgres}    IF TG_OP = 'INSERT' THEN
{postgres}        INSERT INTO contents (id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at)
{postgres}        SELECT id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
{postgres}        FROM contents_of_binaries WHERE id = NEW.id
{postgres}        ON CONFLICT (id) DO NOTHING;
{postgres}    ELSIF TG_OP = 'UPDATE' THEN
{postgres}        UPDATE contents
{postgres}        SET (generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at) =
{postgres}            (SELECT generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
{postgres}            FROM contents_of_binaries WHERE id = NEW.id)
{postgres}        WHERE id = NEW.id;
{postgres}    ELSE
{postgres}        DELETE FROM contents WHERE id = OLD.id;
{postgres}    END IF;
{postgres}    RETURN NULL;
{postgres}END $$;
{postgres}CREATE TRIGGER binaries_keep_content AFTER INSERT OR UPDATE OR DELETE ON binaries
{postgres}    FOR EACH ROW EXECUTE FUNCTION keep_content_of_binary();

-- Parts and copies are those of a content. Their column keeps its name, which servers of the version before know.
{postgres}ALTER TABLE binary_parts DROP CONSTRAINT binary_parts_organization_id_binary_id_fkey;
{postgres}ALTER TABLE binary_parts ADD CONSTRAINT binary_parts_content
{postgres}    FOREIGN KEY (organization_id, binary_id) REFERENCES contents (organization_id, id);
{postgres}ALTER TABLE binary_replicas DROP CONSTRAINT binary_replicas_organization_id_binary_id_fkey;
{postgres}ALTER TABLE binary_replicas ADD CONSTRAINT binary_replicas_content
{postgres}    FOREIGN KEY (organization_id, binary_id) REFERENCES contents (organization_id, id) ON DELETE CASCADE;
