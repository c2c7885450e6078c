-- Rows for the planners to look at: of two organizations, in three states, for a hundred targets.
-- Where columns are named, a new one that may be null needs no change here.
-- {numbers} is a table expression of the numbers n, {uuid XX e} the UUID that begins with XX and ends with the number e.

INSERT INTO organizations {numbers}
SELECT {uuid aa n % 2}, 'o' || n, 1, NULL, 0, 1, 0, 0, {false}, NULL, NULL, 'direct', NULL, {false} FROM numbers WHERE n <= 2;

INSERT INTO api_keys (id, organization_id, name, hint, hash, role, revision, inserted_at, updated_at) {numbers}
SELECT {uuid 01 n}, {uuid aa n % 2}, 'k' || n, 'h', 'h' || n, 'admin', 1, n, n FROM numbers;

INSERT INTO artifacts (id, organization_id, name, revision, inserted_at, updated_at) {numbers}
SELECT {uuid bb n}, {uuid aa n % 2}, 'a' || n, 1, n, n FROM numbers;

INSERT INTO artifact_versions (id, organization_id, artifact_id, version, revision, inserted_at, updated_at) {numbers}
SELECT {uuid cc n}, {uuid aa n % 2}, {uuid bb (n % 2) + 2 * (n / 200 + 1)}, 'v' || n, 1, n, n FROM numbers;

INSERT INTO binaries {numbers}
SELECT {uuid dd n}, {uuid aa n % 2}, {uuid cc (n % 2) + 2 * (n / 200)},
    'target-' || (n / 2 % 100), 'target-' || (n / 2 % 100), 'hash' || n, n, {false},
    CASE n / 2 % 3 WHEN 0 THEN 'uploadable' WHEN 1 THEN 'signed' ELSE 'destroyed' END,
    'd', NULL, 0, 1, NULL, {false}, NULL, NULL, NULL, NULL, 1, n, n, {uuid 00 0}
FROM numbers WHERE n >= 200;

INSERT INTO binary_parts {numbers}
SELECT {uuid 02 n}, {uuid aa n % 2}, {uuid dd 200 + (n % 2) + 2 * (n / 400)}, 1, n, 1, 'h', 'valid', n, n
FROM numbers WHERE n >= 200;

INSERT INTO signing_keys {numbers}
SELECT {uuid ee n}, {uuid aa n % 2}, 'n' || n, 'k' || n, 'ed25519', {bytes}, NULL,
    CASE n / 2 % 3 WHEN 0 THEN 'active' WHEN 1 THEN 'disabled' ELSE 'revoked' END, 1, n, n
FROM numbers;

INSERT INTO binary_signatures {numbers}
SELECT {uuid 03 n}, {uuid aa n % 2}, {uuid dd n}, {uuid ee (n % 2) + 2 * (n / 200)}, 's', {bytes}, n
FROM numbers WHERE n >= 200;

INSERT INTO events (id, organization_id, kind, api_key_id, subject_kind, subject_id, data, request_id, inserted_at, actor_kind, actor_id, product_id, cohort_id) {numbers}
SELECT {uuid 04 n}, {uuid aa n % 2},
    CASE n / 2 % 4 WHEN 0 THEN 'binary.created' WHEN 1 THEN 'binary.signed' WHEN 2 THEN 'binary.reset' ELSE 'binary.destroyed' END,
    {uuid 01 n / 50}, 'binary', {uuid dd n / 10}, '{}', 'r' || n, n, 'api_key', {uuid 01 n / 50}, {uuid 06 n % 40}, {uuid 07 n % 400}
FROM numbers;

DELETE FROM event_pending WHERE place > 0;

INSERT INTO event_feeds (organization_id, feed, last_number, last_word, complete_from) {numbers}
SELECT {uuid aa n % 2}, {uuid aa n % 2}, 10000, 1, 1 FROM numbers WHERE n < 3;

INSERT INTO event_feed (organization_id, number, event_id, word) {numbers}
SELECT {uuid aa n % 2}, n / 2 + 1, {uuid 04 n}, 1 FROM numbers;

INSERT INTO jobs {numbers}
SELECT {uuid 05 n}, 'verify', {uuid aa n % 2}, 'd' || n, '{}',
    CASE WHEN n % 50 = 0 THEN 'waiting' WHEN n % 50 < 3 THEN 'given_up' ELSE 'finished' END,
    {false}, n, 0, NULL, NULL, n, n
FROM numbers;

INSERT INTO products (id, organization_id, name, revision, inserted_at, updated_at) {numbers}
SELECT {uuid 06 n}, {uuid aa n % 2}, 'p' || n, 1, n, n FROM numbers;

INSERT INTO cohorts (id, organization_id, product_id, name, devices, revision, inserted_at, updated_at) {numbers}
SELECT {uuid 07 n}, {uuid aa n % 2}, {uuid 06 (n % 2) + 2 * (n / 200 + 1)}, 'c' || n, 0, 1, n, n FROM numbers;

INSERT INTO devices {numbers}
SELECT {uuid 08 n}, {uuid aa n % 2}, {uuid 06 (n % 2) + 2 * (n / 2000 / 200 + 1)}, {uuid 07 (n % 2) + 2 * (n / 2000)},
    'd' || n, NULL, ',beta,', NULL, n % 100 < 2, NULL, NULL, '1.' || (n / 2000) || '.0', {uuid 09 (n % 2) + 2 * (n / 1000)}, NULL, 1, n, n,
    NULL, NULL, {false},
    CASE WHEN n % 200 < 2 THEN 'failed' WHEN n % 20 < 16 THEN 'installed' WHEN n % 20 < 18 THEN 'rolled_back' ELSE NULL END,
    CASE WHEN n % 20 < 18 THEN {uuid 09 (n % 2) + 2 * (n / 1000)} ELSE NULL END, n
FROM numbers WHERE n >= 4000;

INSERT INTO device_outcomes {numbers}
SELECT {uuid 08 n}, {uuid 09 (n % 2) + 2 * (n / 1000)}, {uuid aa n % 2}, 'installed', n, NULL FROM numbers WHERE n >= 4000 AND n % 20 < 18;

INSERT INTO device_certificates {numbers}
SELECT {uuid 0a n}, {uuid aa n % 2}, {uuid 08 n}, NULL, 'f' || n, {bytes}, 0, 0, NULL, n, n, 's' || n, 't' || n, 'k' || n, NULL, NULL
FROM numbers WHERE n >= 4000;

INSERT INTO ca_certificates {numbers}
SELECT {uuid 0b n}, {uuid aa n % 2}, 'f' || n, 's' || n, {bytes}, NULL, NULL, NULL, NULL, NULL, NULL, 1, n, n, NULL, NULL
FROM numbers;

INSERT INTO bundles {numbers}
SELECT {uuid 0c n}, {uuid aa n % 2}, 'b' || n, 'hash' || n, 1, n, n, NULL FROM numbers;

INSERT INTO bundle_binaries {numbers}
SELECT {uuid 0c n}, 0, {uuid aa n % 2}, {uuid dd 200 + (n % 2) + 2 * (n / 20)}, {uuid cc (n % 2) + 2 * ((200 + n / 20) / 200)}, NULL
FROM numbers;

-- Channels of a hundred releases, each pointing to the one after it.
INSERT INTO all_releases {numbers}
SELECT {uuid 09 n}, {uuid aa n % 2}, {uuid 07 (n % 2) + 2 * (n / 200)}, {uuid 0c (n % 2) + 2 * (n / 20)},
    CASE WHEN n % 200 < 198 AND n <= 19998 THEN {uuid 09 n + 2} ELSE NULL END,
    'r' || n, NULL, NULL, NULL, {false}, n % 100 < 50, NULL, 'numeric', 1, '', 0, 1, n, n, NULL
FROM numbers WHERE n >= 200;

INSERT INTO release_claims {numbers}
SELECT {uuid 09 200 + (n % 2) + 2 * (n / 200)}, {uuid 08 n}, {uuid aa n % 2}, n FROM numbers WHERE n >= 4000;

INSERT INTO release_days {numbers}
SELECT {uuid 09 200 + n / 10}, 'day ' || (n % 10), {uuid aa n / 10 % 2}, 1, 1, 1, 1, 1 FROM numbers;

INSERT INTO bundle_overrides {numbers}
SELECT {uuid 0d n}, {uuid aa n % 2}, {uuid 0c (n % 2) + 2 * (n / 20)}, 'o' || n, NULL, n, n, ',beta,', NULL, 1, n, n FROM numbers WHERE n >= 20;

INSERT INTO storage_backends {numbers}
SELECT {uuid 03 n}, {uuid aa n % 2}, 'n' || n, 's3://bucket', NULL, NULL, NULL, NULL, '', {false}, 0, 1, n, n, NOT {false} FROM numbers;

INSERT INTO binary_replicas {numbers}
SELECT {uuid dd 200 + (n % 2) + 2 * (n / 400)}, {uuid 03 n}, {uuid aa n % 2}, 1, 'complete', NULL, n, n
FROM numbers WHERE n >= 200;

INSERT INTO bulk_operations (
    id, organization_id, action, tags, search, matched, is_exact, state, changed, unchanged, refused, refusals, started_by_kind, started_by_id,
    reach, revision, inserted_at, updated_at, finished_at
) {numbers}
SELECT {uuid 0e n}, {uuid aa n % 2}, 'lift', '', '', 0, {false}, CASE WHEN n % 2000 < 2 THEN 'running' ELSE 'finished' END, 0, 0, 0, '',
    'api_key', {uuid 01 n / 50}, '', 1, n, n, CASE WHEN n % 2000 < 2 THEN NULL ELSE n END
FROM numbers;

-- Each member has a view; every tenth is shared.
INSERT INTO users (id, email, name, is_administrator, memberships, revision, inserted_at, updated_at) {numbers}
SELECT {uuid 0f n}, 'u' || n, 'u' || n, {false}, 1, 1, n, n FROM numbers;

INSERT INTO memberships {numbers}
SELECT {uuid 0f n}, {uuid aa n % 2}, {uuid 0f n}, '', 1, n, n FROM numbers;

INSERT INTO views {numbers}
SELECT {uuid 10 n}, {uuid aa n % 2}, {uuid 0f n}, 'v' || n, '/devices', 'q=n' || n, n / 2 % 10 = 0, 1, n, n FROM numbers;
