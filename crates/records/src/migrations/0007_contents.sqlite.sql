-- What SQLite says otherwise than PostgreSQL, and what its planner is to assume of the tables of 0007: see 0001.

CREATE TRIGGER binaries_content_created AFTER INSERT ON binaries BEGIN
    INSERT INTO contents (id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at)
    SELECT id, organization_id, kind, generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
    FROM contents_of_binaries WHERE id = NEW.id
    ON CONFLICT (id) DO NOTHING;
END;
CREATE TRIGGER binaries_content_updated AFTER UPDATE ON binaries BEGIN
    UPDATE contents
    SET (generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at) =
        (SELECT generation, state, hash, size, bytes_uploaded, storage_backend_id, upload_session, updated_at
        FROM contents_of_binaries WHERE id = NEW.id)
    WHERE id = NEW.id;
END;
CREATE TRIGGER binaries_content_deleted AFTER DELETE ON binaries BEGIN
    DELETE FROM contents WHERE id = OLD.id;
END;

-- SQLite changes no references of a table: it is made anew.
CREATE TABLE parts_of_contents (
    id {uuid} NOT NULL CONSTRAINT binary_parts_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    binary_id {uuid} NOT NULL,
    generation {integer} NOT NULL,
    part_index {integer} NOT NULL,
    size {integer} NOT NULL,
    hash {text} NOT NULL,
    state {text} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT binary_parts_index UNIQUE (binary_id, generation, part_index),
    CONSTRAINT binary_parts_content FOREIGN KEY (organization_id, binary_id) REFERENCES contents (organization_id, id)
){strict};
INSERT INTO parts_of_contents (id, organization_id, binary_id, generation, part_index, size, hash, state, inserted_at, updated_at)
SELECT id, organization_id, binary_id, generation, part_index, size, hash, state, inserted_at, updated_at FROM binary_parts;
DROP TABLE binary_parts;
ALTER TABLE parts_of_contents RENAME TO binary_parts;
CREATE INDEX binary_parts_list ON binary_parts (binary_id, generation, inserted_at, id);

CREATE TABLE replicas_of_contents (
    binary_id {uuid} NOT NULL,
    storage_backend_id {uuid} NOT NULL REFERENCES storage_backends (id),
    organization_id {uuid} NOT NULL,
    generation {integer} NOT NULL,
    state {text} NOT NULL,
    error {text},
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT binary_replicas_pkey PRIMARY KEY (binary_id, storage_backend_id, generation),
    CONSTRAINT binary_replicas_content FOREIGN KEY (organization_id, binary_id)
        REFERENCES contents (organization_id, id) ON DELETE CASCADE
){strict};
INSERT INTO replicas_of_contents (binary_id, storage_backend_id, organization_id, generation, state, error, inserted_at, updated_at)
SELECT binary_id, storage_backend_id, organization_id, generation, state, error, inserted_at, updated_at FROM binary_replicas;
DROP TABLE binary_replicas;
ALTER TABLE replicas_of_contents RENAME TO binary_replicas;
CREATE INDEX binary_replicas_by_storage ON binary_replicas (storage_backend_id, binary_id);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('contents', 'sqlite_autoindex_contents_1', '1000000 1'),
    ('contents', 'sqlite_autoindex_contents_2', '1000000 1000000 1'),
    ('contents', 'contents_by_storage', '1000000 100000 1'),
    ('binary_replicas', 'sqlite_autoindex_binary_replicas_1', '1000000 2 1 1'),
    ('binary_replicas', 'binary_replicas_by_storage', '1000000 100000 1');
