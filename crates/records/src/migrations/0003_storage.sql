-- Storage backends, and the copies of contents that are in them. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it: columns have defaults that mean what those servers do.

-- Those without an organization are the server's own. The first, whose id is all zeros, is the folder 'content' in the data folder.
CREATE TABLE storage_backends (
    id {uuid} NOT NULL CONSTRAINT storage_backends_pkey PRIMARY KEY,
    organization_id {uuid} REFERENCES organizations (id),
    name {text} NOT NULL,
    url {text} NOT NULL,
    endpoint {text},
    region {text},
    sealed_credentials {bytes},
    sealed_cdn {bytes},
    near {text} NOT NULL,
    replicates {boolean} NOT NULL,
    position {integer} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT storage_backends_name UNIQUE (organization_id, name)
){strict};
CREATE INDEX storage_backends_list ON storage_backends (organization_id, inserted_at, id);
CREATE UNIQUE INDEX storage_backends_server ON storage_backends (url) WHERE organization_id IS NULL;

INSERT INTO storage_backends (id, name, url, near, replicates, position, revision, inserted_at, updated_at)
VALUES ({nil}, 'data folder', 'data-folder', '', {false}, 0, 1, 0, 0);

-- Without a reference, which SQLite can't add together with a default. Who deletes a backend looks for binaries first.
ALTER TABLE binaries ADD COLUMN storage_backend_id {uuid} NOT NULL DEFAULT {nil};
CREATE INDEX binaries_by_storage ON binaries (storage_backend_id, id);

-- `storage_backend_id`: where new binaries go; the server's own where there is none.
ALTER TABLE organizations ADD COLUMN storage_backend_id {uuid};
ALTER TABLE organizations ADD COLUMN download_url_seconds {integer};
ALTER TABLE organizations ADD COLUMN download_url_style {text} NOT NULL DEFAULT 'direct';

-- Copies besides the first, and, once a binary is destroyed, all that are yet to be deleted.
CREATE TABLE binary_replicas (
    binary_id {uuid} NOT NULL,
    storage_backend_id {uuid} NOT NULL REFERENCES storage_backends (id),
    organization_id {uuid} NOT NULL,
    generation {integer} NOT NULL,
    state {text} NOT NULL,
    error {text},
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT binary_replicas_pkey PRIMARY KEY (binary_id, storage_backend_id, generation),
    FOREIGN KEY (organization_id, binary_id) REFERENCES binaries (organization_id, id) ON DELETE CASCADE
){strict};
CREATE INDEX binary_replicas_by_storage ON binary_replicas (storage_backend_id, binary_id);
