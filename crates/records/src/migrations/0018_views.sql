-- Saved views: pages of the console with a search, under names. Words in braces and conventions as in 0001.
--
-- Servers of the version before do not know the table. A membership that ends there takes its views along, by the foreign key.

CREATE TABLE views (
    id {uuid} NOT NULL CONSTRAINT views_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    owner_id {uuid} NOT NULL,
    name {text} NOT NULL,
    -- Of a page of the console, and what stands behind the `?` of its address.
    path {text} NOT NULL,
    query {text} NOT NULL,
    -- Whether everybody in the organization sees it.
    shared {boolean} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT views_name UNIQUE (organization_id, owner_id, name),
    FOREIGN KEY (owner_id, organization_id) REFERENCES memberships (user_id, organization_id) ON DELETE CASCADE
){strict};
CREATE INDEX views_list ON views (organization_id, inserted_at, id);
