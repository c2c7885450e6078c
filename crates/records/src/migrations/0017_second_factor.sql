-- An organization can require a second factor of its members. Words in braces and conventions as in 0001.
--
-- Servers of the version before run while this is applied and after it. They know no people, and so let none in.

ALTER TABLE organizations ADD COLUMN require_second_factor {boolean} NOT NULL DEFAULT {false};
