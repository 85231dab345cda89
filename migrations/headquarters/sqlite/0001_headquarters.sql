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
    -- When its origin had applied its outcome.
    delivered_at INTEGER,
    PRIMARY KEY (database_id, incarnation, counter, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX revision_request ON revision (request_id) WHERE performed = 1;
-- What waits for the batch.
CREATE INDEX revision_inbox ON revision (customer_id) WHERE status = 'RECEIVED';
-- What waits of a customer, in its order.
CREATE INDEX revision_waiting ON revision (customer_id, database_id, incarnation, counter)
    WHERE status <> 'SYNCHRONIZED';
-- How far the batch is with an origin.
CREATE INDEX revision_received ON revision (database_id, incarnation, counter) WHERE status = 'RECEIVED';
-- What an origin has to be told.
CREATE INDEX revision_outcome ON revision (database_id, incarnation, version) WHERE version IS NOT NULL;

-- What was uploaded, for people.
CREATE INDEX revision_operation ON revision (received_at, database_id, incarnation, counter) WHERE counter > 0;

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

-- Channel databases that have registered, by the name that channels are assigned to. Locked by whoever makes or
-- changes sessions of it.
CREATE TABLE registered_database (
    name TEXT PRIMARY KEY,
    database_id BLOB NOT NULL UNIQUE,
    incarnation INTEGER NOT NULL,
    program_version TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    -- Versions that it has applied, as it says itself; NULL: none.
    customers INTEGER,
    channel_configuration INTEGER,
    global_configuration INTEGER,
    -- Until when a subscription of it counts as alive.
    connected_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When jobs run by themselves: cron expressions.
CREATE TABLE job (
    code TEXT PRIMARY KEY,
    recurrence TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The right to run a job. fence grows with each taking.
CREATE TABLE job_lease (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    fence INTEGER NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- History of the jobs. status: RUNNING, SUCCEEDED, NO_DATA, INCOMPLETE, FAILED, CANCELED.
CREATE TABLE job_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- The one database for which it runs; NULL: all.
    database_name TEXT,
    complete INTEGER NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    row_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    summary TEXT NOT NULL,
    -- How many runs that came by themselves it stands for.
    run_count INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL
) STRICT;
CREATE INDEX job_run_job ON job_run (job, id);
CREATE INDEX job_run_running ON job_run (id) WHERE status = 'RUNNING';

-- What brings one job's data to one channel database, or from it.
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    database_name TEXT NOT NULL,
    database_id BLOB NOT NULL,
    incarnation INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    from_version INTEGER NOT NULL,
    to_version INTEGER NOT NULL,
    -- 1: it brings everything.
    complete INTEGER NOT NULL,
    status TEXT NOT NULL,
    -- 0: it has come to its end.
    is_open INTEGER NOT NULL,
    try_count INTEGER NOT NULL,
    package_id INTEGER,
    outcomes_id INTEGER,
    row_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    available_at INTEGER,
    downloaded_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX session_open ON session (database_name, id) WHERE is_open = 1;
CREATE INDEX session_database ON session (database_name, id);
CREATE INDEX session_run ON session (run_id);

-- Packages, shared by the sessions of several databases. header: NULL while it is being built.
CREATE TABLE package (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    from_version INTEGER NOT NULL,
    to_version INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    format INTEGER NOT NULL,
    filter TEXT NOT NULL,
    header BLOB,
    chunk_count INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX package_key ON package (job, from_version, to_version, complete, format, filter);

CREATE TABLE package_chunk (
    package_id INTEGER NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (package_id, ordinal)
) STRICT;
