-- People: users, what they may do, how they sign in. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They know no users, so nobody signs in at one of them. They know
-- neither the new roles and scopes of an API key nor its owner: such a key has its grants in `grants`, and an empty list in `scopes`, so
-- that it may do nothing there instead of something else.

ALTER TABLE api_keys ADD COLUMN grants {text};
-- The user whose key it is; null for a key of the organization.
ALTER TABLE api_keys ADD COLUMN owner_id {uuid};
-- Who made it and so saw its secret; null where that is not on record.
ALTER TABLE api_keys ADD COLUMN created_by_kind {text};
ALTER TABLE api_keys ADD COLUMN created_by_id {uuid};
CREATE INDEX api_keys_owner ON api_keys (owner_id, organization_id) WHERE owner_id IS NOT NULL;

-- The person behind an event: its actor, or the owner of the API key that is its actor.
ALTER TABLE events ADD COLUMN user_id {uuid};
CREATE INDEX events_user ON events (organization_id, user_id, inserted_at, id) WHERE user_id IS NOT NULL;

CREATE TABLE users (
    id {uuid} NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    -- In lower case.
    email {text} NOT NULL CONSTRAINT users_email UNIQUE,
    name {text} NOT NULL,
    is_administrator {boolean} NOT NULL,
    second_factor_since {integer},
    disabled_at {integer},
    -- As PHC string: argon2id with its figures, the salt and the hash.
    password_hash {text},
    -- The secrets that the authenticator app shares with the server, sealed: the one in use, and one that was not confirmed yet.
    totp_secret {text},
    totp_pending {text},
    -- The last step whose code was used. Each is good once.
    totp_last_step {integer},
    -- Grows whenever a membership of the user begins, changes or ends.
    memberships {integer} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
){strict};
CREATE INDEX users_list ON users (inserted_at, id);

CREATE TABLE recovery_codes (
    user_id {uuid} NOT NULL REFERENCES users (id),
    hash {text} NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash)
){strict};

-- Browsers in which somebody signed in to an account before, by the hash of a cookie of theirs.
CREATE TABLE known_browsers (
    user_id {uuid} NOT NULL REFERENCES users (id),
    hash {text} NOT NULL,
    last_at {integer} NOT NULL,
    CONSTRAINT known_browsers_pkey PRIMARY KEY (user_id, hash)
){strict};

CREATE TABLE memberships (
    id {uuid} NOT NULL CONSTRAINT memberships_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    user_id {uuid} NOT NULL REFERENCES users (id),
    -- A line for each grant.
    grants {text} NOT NULL,
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL,
    CONSTRAINT memberships_user UNIQUE (user_id, organization_id)
){strict};
CREATE INDEX memberships_list ON memberships (organization_id, inserted_at, id);

CREATE TABLE invitations (
    id {uuid} NOT NULL CONSTRAINT invitations_pkey PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    email {text} NOT NULL,
    grants {text} NOT NULL,
    -- Of the link's token.
    hash {text} NOT NULL CONSTRAINT invitations_hash UNIQUE,
    invited_by_kind {text} NOT NULL,
    invited_by_id {uuid},
    expires_at {integer} NOT NULL,
    accepted_at {integer},
    revoked_at {integer},
    revision {integer} NOT NULL,
    inserted_at {integer} NOT NULL,
    updated_at {integer} NOT NULL
){strict};
CREATE INDEX invitations_list ON invitations (organization_id, inserted_at, id);

-- Links that are good once, besides invitations: a row goes when its link is used. Not copied to another database.
CREATE TABLE user_links (
    hash {text} NOT NULL CONSTRAINT user_links_pkey PRIMARY KEY,
    -- 'set_up', 'second_factor' or 'reset_password'.
    purpose {text} NOT NULL,
    user_id {uuid} REFERENCES users (id),
    -- users.memberships when it was made.
    memberships {integer},
    expires_at {integer} NOT NULL
){strict};
CREATE INDEX user_links_expired ON user_links (expires_at);
CREATE INDEX user_links_user ON user_links (user_id) WHERE user_id IS NOT NULL;

-- Browsers in which somebody is signed in. Not copied to another database.
CREATE TABLE user_sessions (
    id {uuid} NOT NULL CONSTRAINT user_sessions_pkey PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id),
    hash {text} NOT NULL CONSTRAINT user_sessions_hash UNIQUE,
    client {text},
    address {text},
    has_second_factor {boolean} NOT NULL,
    authenticated_at {integer} NOT NULL,
    last_seen_at {integer} NOT NULL,
    inserted_at {integer} NOT NULL
){strict};
CREATE INDEX user_sessions_list ON user_sessions (user_id, inserted_at, id);
CREATE INDEX user_sessions_seen ON user_sessions (last_seen_at);

-- Failures to prove who one is, in a row: of an address as it was typed (as keyed hash, whether or not there is such an account), of an
-- account in one browser, or of a session. Not copied to another database.
CREATE TABLE sign_in_failures (
    subject {text} NOT NULL CONSTRAINT sign_in_failures_pkey PRIMARY KEY,
    count {integer} NOT NULL,
    last_at {integer} NOT NULL
){strict};
CREATE INDEX sign_in_failures_old ON sign_in_failures (last_at);
