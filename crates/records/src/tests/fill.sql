-- Rows for the planners to look at: of two organizations, in three states, for a hundred targets.
-- {numbers} is a table expression of the numbers n, {uuid XX e} the UUID that begins with XX and ends with the number e.

INSERT INTO organizations {numbers}
SELECT {uuid aa n % 2}, 'o' || n, 1, NULL, 0, 1, 0, 0 FROM numbers WHERE n <= 2;

INSERT INTO api_keys {numbers}
SELECT {uuid 01 n}, {uuid aa n % 2}, 'k' || n, 'h', 'h' || n, 'admin', NULL, NULL, NULL, 1, n, n FROM numbers;

INSERT INTO artifacts {numbers}
SELECT {uuid bb n}, {uuid aa n % 2}, 'a' || n, NULL, NULL, 1, n, n FROM numbers;

INSERT INTO artifact_versions {numbers}
SELECT {uuid cc n}, {uuid aa n % 2}, {uuid bb (n % 2) + 2 * (n / 200 + 1)}, 'v' || n, NULL, NULL, 1, n, n FROM numbers;

INSERT INTO binaries {numbers}
SELECT {uuid dd n}, {uuid aa n % 2}, {uuid cc (n % 2) + 2 * (n / 200)},
    'target-' || (n / 2 % 100), 'target-' || (n / 2 % 100), 'hash' || n, n, {false},
    CASE n / 2 % 3 WHEN 0 THEN 'uploadable' WHEN 1 THEN 'signed' ELSE 'destroyed' END,
    'd', NULL, 0, 1, NULL, {false}, NULL, NULL, NULL, NULL, 1, n, n
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

INSERT INTO events {numbers}
SELECT {uuid 04 n}, {uuid aa n % 2},
    CASE n / 2 % 4 WHEN 0 THEN 'binary.created' WHEN 1 THEN 'binary.signed' WHEN 2 THEN 'binary.reset' ELSE 'binary.destroyed' END,
    {uuid 01 n / 50}, 'binary', {uuid dd n / 10}, '{}', 'r' || n, NULL, n
FROM numbers;

INSERT INTO jobs {numbers}
SELECT {uuid 05 n}, 'verify', NULL, 'd' || n, '{}', CASE WHEN n % 50 = 0 THEN 'waiting' ELSE 'finished' END,
    {false}, n, 0, NULL, NULL, n, n
FROM numbers;
