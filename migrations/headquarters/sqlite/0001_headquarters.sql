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

-- Every write, real-time or uploaded, with its outcome: the inbox of the batch, the memory of requests, and what
-- their origins are told. One request that went both ways, or from two origins, has a revision of one id in each.
CREATE TABLE revision (
    id BLOB NOT NULL,
    request_id BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    -- Origin.
    database_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    -- Its counter there; 0: a real-time write.
    counter INTEGER NOT NULL,
    customer_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    -- What decided its way.
    decision TEXT NOT NULL,
    base_version INTEGER,
    -- NULL: a real-time write.
    captured_at INTEGER,
    received_at INTEGER NOT NULL,
    -- What it changes, while it is not synchronized.
    changes TEXT,
    -- RECEIVED, SYNCHRONIZED, FAILED, PARKED
    status TEXT NOT NULL,
    -- 1: this one has performed the request. No other of the same request id ever does.
    performed INTEGER NOT NULL,
    -- The change counter of its outcome; NULL: it has none.
    version INTEGER,
    -- Whoever has this version of the customer has what it wrote; NULL: it is not synchronized.
    contained_in INTEGER,
    -- Fields that lost against later values: [{"field", "lost", "kept"}].
    superseded TEXT,
    -- Why it is FAILED or PARKED.
    error_reason TEXT,
    error_text TEXT,
    processed_at INTEGER,
    PRIMARY KEY (database_id, incarnation, counter, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX revision_request ON revision (request_id) WHERE performed = 1;
-- What waits for the batch.
CREATE INDEX revision_inbox ON revision (customer_id) WHERE status = 'RECEIVED';
-- What waits of a customer, in its order.
CREATE INDEX revision_waiting ON revision (customer_id, database_id, incarnation, counter)
    WHERE status <> 'SYNCHRONIZED';
-- What an origin has to be told.
CREATE INDEX revision_outcome ON revision (database_id, incarnation, version);

-- How far headquarters is with each origin. Locked by whoever receives revisions of it.
CREATE TABLE origin (
    database_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    last_counter INTEGER NOT NULL,
    last_revision_id BLOB,
    PRIMARY KEY (database_id, incarnation)
) STRICT, WITHOUT ROWID;

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
