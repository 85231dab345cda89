-- Headquarters' database: every customer of the company, and how its channels are set up. Ids are UUIDs, times
-- are milliseconds since 1970, payloads are JSON.

-- Which programs can use this database: one row.
CREATE TABLE schema_version (
    id bigint PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL,
    -- The oldest program, by the version it was built for, that can use it.
    oldest_program bigint NOT NULL
);
INSERT INTO schema_version VALUES (1, 1, 1);

-- What this database is: one row, made at its first start.
CREATE TABLE headquarters (
    id bigint PRIMARY KEY CHECK (id = 1),
    database_id uuid NOT NULL,
    incarnation bigint NOT NULL,
    -- Key of the company's request hashes.
    request_hash_key bytea NOT NULL,
    created_at bigint NOT NULL
);

-- One row, locked last in every transaction that changes customers and held to its commit: versions are gapless and
-- appear in commit order.
CREATE TABLE counter (
    id bigint PRIMARY KEY CHECK (id = 1),
    change bigint NOT NULL
);
INSERT INTO counter VALUES (1, 0);

-- Account numbers. The last one given, and the format of the next.
CREATE TABLE number_sequence (
    name text PRIMARY KEY,
    format text NOT NULL,
    last bigint NOT NULL
);
INSERT INTO number_sequence VALUES ('customer', 'C-#######', 0);

CREATE TABLE customer (
    id uuid PRIMARY KEY,
    -- The change counter at its last change.
    version bigint NOT NULL,
    account_number text NOT NULL UNIQUE,
    -- The customer with version, time and origin of each field.
    record text NOT NULL
);
-- What changed since a version.
CREATE UNIQUE INDEX customer_version ON customer (version);

-- Every write, real-time or uploaded, with its outcome: the inbox of the batch, the memory of requests, and what
-- their origins are told. One request that went both ways, or from two origins, has a revision of one id in each.
CREATE TABLE revision (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    -- Origin.
    database_id uuid NOT NULL,
    incarnation bigint NOT NULL,
    -- Its counter there; 0: a real-time write.
    counter bigint NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL,
    caller text NOT NULL,
    method text NOT NULL,
    -- What decided its way.
    decision text NOT NULL,
    base_version bigint,
    -- NULL: a real-time write.
    captured_at bigint,
    received_at bigint NOT NULL,
    -- What it changes, while it is not synchronized.
    changes text,
    -- RECEIVED, SYNCHRONIZED, FAILED, PARKED
    status text NOT NULL,
    -- 1: this one has performed the request. No other of the same request id ever does.
    performed bigint NOT NULL,
    -- The change counter of its outcome; NULL: it has none.
    version bigint,
    -- Whoever has this version of the customer has what it wrote; NULL: it is not synchronized.
    contained_in bigint,
    -- Fields that lost against later values: [{"field", "lost", "kept"}].
    superseded text,
    -- Why it is FAILED or PARKED.
    error_reason text,
    error_text text,
    processed_at bigint,
    -- When its origin had applied its outcome.
    delivered_at bigint,
    PRIMARY KEY (database_id, incarnation, counter, id)
);
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
    database_id uuid NOT NULL,
    incarnation bigint NOT NULL,
    last_counter bigint NOT NULL,
    last_revision_id uuid,
    PRIMARY KEY (database_id, incarnation)
);

-- Setup, one row an entry: kind (channels, functionality_profiles, …), code, content.
CREATE TABLE setup (
    kind text NOT NULL,
    code text NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (kind, code)
);

-- Versions of what 1070 and 1110 bring: one row, locked by whoever changes setup.
CREATE TABLE configuration_version (
    id bigint PRIMARY KEY CHECK (id = 1),
    channel_configuration bigint NOT NULL,
    global_configuration bigint NOT NULL
);
INSERT INTO configuration_version VALUES (1, 0, 0);

-- Channel databases that have registered, by the name that channels are assigned to. Locked by whoever makes or
-- changes sessions of it.
CREATE TABLE registered_database (
    name text PRIMARY KEY,
    database_id uuid NOT NULL UNIQUE,
    incarnation bigint NOT NULL,
    program_version text NOT NULL,
    registered_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    -- Versions that it has applied, as it says itself; NULL: none.
    customers bigint,
    channel_configuration bigint,
    global_configuration bigint,
    -- Until when a subscription of it counts as alive.
    connected_until bigint NOT NULL
);

-- When jobs run by themselves: cron expressions.
CREATE TABLE job (
    code text PRIMARY KEY,
    recurrence text NOT NULL
);

-- The right to run a job. fence grows with each taking.
CREATE TABLE job_lease (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    fence bigint NOT NULL,
    held_until bigint NOT NULL
);

-- History of the jobs. status: RUNNING, SUCCEEDED, NO_DATA, INCOMPLETE, FAILED, CANCELED.
CREATE TABLE job_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    cause text NOT NULL,
    -- The one database for which it runs; NULL: all.
    database_name text,
    complete bigint NOT NULL,
    status text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    row_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    summary text NOT NULL,
    -- How many runs that came by themselves it stands for.
    run_count bigint NOT NULL,
    cancel_requested bigint NOT NULL
);
CREATE INDEX job_run_job ON job_run (job, id);
CREATE INDEX job_run_running ON job_run (id) WHERE status = 'RUNNING';

-- What brings one job's data to one channel database, or from it.
CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    database_name text NOT NULL,
    database_id uuid NOT NULL,
    incarnation bigint NOT NULL,
    run_id bigint NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint NOT NULL,
    -- 1: it brings everything.
    complete bigint NOT NULL,
    status text NOT NULL,
    -- 0: it has come to its end.
    is_open bigint NOT NULL,
    try_count bigint NOT NULL,
    package_id bigint,
    outcomes_id bigint,
    row_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    error text,
    created_at bigint NOT NULL,
    available_at bigint,
    downloaded_at bigint,
    ended_at bigint
);
CREATE INDEX session_open ON session (database_name, id) WHERE is_open = 1;
CREATE INDEX session_database ON session (database_name, id);
CREATE INDEX session_run ON session (run_id);

-- Packages, shared by the sessions of several databases. header: NULL while it is being built.
CREATE TABLE package (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    from_version bigint NOT NULL,
    to_version bigint NOT NULL,
    complete bigint NOT NULL,
    format bigint NOT NULL,
    filter text NOT NULL,
    header bytea,
    chunk_count bigint NOT NULL,
    row_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX package_key ON package (job, from_version, to_version, complete, format, filter);

CREATE TABLE package_chunk (
    package_id bigint NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    ordinal bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (package_id, ordinal)
);
