-- Headquarters' database: every customer of the company, and how its channels are set up. Ids are 16 bytes, times
-- are milliseconds since 1970, payloads are JSON.

-- Which programs can use this database: one row.
CREATE TABLE schema_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    -- The oldest program, by the version it was built for, that can use it.
    oldest_program INTEGER NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (1, 1, 1);

-- What this database is: one row, made at its first start.
CREATE TABLE headquarters (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    -- Key of the company's request hashes.
    request_hash_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row, locked last in every transaction that changes customers and held to its commit: versions are gapless and
-- appear in commit order.
CREATE TABLE counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    change INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0);

-- Account numbers. The last one given, and the format of the next.
CREATE TABLE number_sequence (
    name TEXT PRIMARY KEY,
    format TEXT NOT NULL,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO number_sequence VALUES ('customer', 'C-#######', 0);

CREATE TABLE customer (
    id BLOB PRIMARY KEY,
    -- The change counter at its last change.
    version INTEGER NOT NULL,
    account_number TEXT NOT NULL UNIQUE,
    -- The customer with version, time and origin of each field.
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- What changed since a version.
CREATE UNIQUE INDEX customer_version ON customer (version);

-- Every write, real-time or uploaded, with its outcome: the memory of requests, and what their origins are told.
CREATE TABLE revision (
    id BLOB PRIMARY KEY,
    request_id BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    -- Origin.
    database_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    -- Its counter there; NULL: a real-time write.
    counter INTEGER,
    customer_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    -- What decided its way.
    decision TEXT NOT NULL,
    base_version INTEGER,
    received_at INTEGER NOT NULL,
    -- SYNCHRONIZED
    status TEXT NOT NULL,
    -- 1: this one has performed the request. No other of the same request id ever does.
    performed INTEGER NOT NULL,
    -- The change counter that contains its outcome.
    version INTEGER,
    -- Fields that lost against later values: [{"field", "lost", "kept"}].
    superseded TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX revision_request ON revision (request_id) WHERE performed = 1;

-- Setup, one row an entry: kind (channels, functionality_profiles, …), code, content.
CREATE TABLE setup (
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (kind, code)
) STRICT, WITHOUT ROWID;

-- Versions of what 1070 and 1110 bring: one row, locked by whoever changes setup.
CREATE TABLE configuration_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    channel_configuration INTEGER NOT NULL,
    global_configuration INTEGER NOT NULL
) STRICT;
INSERT INTO configuration_version VALUES (1, 0, 0);

-- Channel databases that have registered, by the name that channels are assigned to.
CREATE TABLE registered_database (
    name TEXT PRIMARY KEY,
    database_id BLOB NOT NULL UNIQUE,
    incarnation INTEGER NOT NULL,
    program_version TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
