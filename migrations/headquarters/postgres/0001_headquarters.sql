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
    PRIMARY KEY (database_id, incarnation, counter, id)
);
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

-- Channel databases that have registered, by the name that channels are assigned to.
CREATE TABLE registered_database (
    name text PRIMARY KEY,
    database_id uuid NOT NULL UNIQUE,
    incarnation bigint NOT NULL,
    program_version text NOT NULL,
    registered_at bigint NOT NULL,
    last_seen_at bigint NOT NULL
);
