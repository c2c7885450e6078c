-- Renewals of devices' certificates, and storages that know no checksums. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They name none of these columns, so their rows get the defaults,
-- which mean what those servers do; and they never change what newer servers wrote there.

-- Which new certificates an authority's devices may replace their own by: `same_key` or `any_key`. Null for none.
ALTER TABLE ca_certificates ADD COLUMN renewals {text};

-- Whether the storage is asked to check parts against their SHA-256 itself. Only stores with S3's interface can be.
ALTER TABLE storage_backends ADD COLUMN checksums {boolean} NOT NULL DEFAULT {true};
