-- The channel database: what one scale unit holds of its channels. Times are milliseconds since
-- 1970, payloads are JSON. Keys of hot tables grow with time, so that a write touches the end of each tree.

-- Which programs can use this database: one row.
CREATE TABLE schema_version (
    id bigint PRIMARY KEY CHECK (id = 1),
    version bigint NOT NULL,
    -- The oldest program, by the version it was built for, that can use it.
    oldest_program bigint NOT NULL
);
INSERT INTO schema_version VALUES (1, 1, 1);

-- What this database is towards headquarters: one row, made at its first start.
CREATE TABLE origin (
    id bigint PRIMARY KEY CHECK (id = 1),
    database_id uuid NOT NULL,
    database_name text NOT NULL,
    incarnation bigint NOT NULL,
    -- Key of the company's request hashes; NULL until the first registration.
    request_hash_key bytea,
    created_at bigint NOT NULL
);

-- One row, locked last in every writing transaction and held to its commit: counters are gapless and appear in
-- commit order. Mostly empty pages let its updates stay in place.
CREATE TABLE counter (
    id bigint PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL,
    event bigint NOT NULL,
    -- Capture time of the last revision; it never falls.
    captured_at bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO counter VALUES (1, 0, 0, 0);

-- A customer: headquarters' base, and the view where waiting revisions make it differ.
CREATE TABLE customer (
    id uuid PRIMARY KEY,
    -- Headquarters' change counter at the customer's last change.
    version bigint,
    base text,
    view text,
    CHECK (base IS NOT NULL OR view IS NOT NULL),
    CHECK ((base IS NULL) = (version IS NULL))
);

CREATE TABLE address (
    customer_id uuid NOT NULL REFERENCES customer (id),
    id uuid NOT NULL,
    base text,
    view text,
    PRIMARY KEY (customer_id, id),
    CHECK (base IS NOT NULL OR view IS NOT NULL)
);

-- An async write: what its rows in the five tables below have in common.
CREATE TABLE revision (
    counter bigint PRIMARY KEY,
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL,
    caller text NOT NULL,
    captured_at bigint NOT NULL,
    -- Headquarters' version that the writer saw.
    base_version bigint,
    -- What decided its way.
    decision text NOT NULL,
    -- Entities that it changes: {"customer": bool, "addresses": [id]}.
    touches text NOT NULL,
    -- When headquarters had it, and when its outcome came here.
    uploaded_at bigint,
    processed_at bigint,
    -- SYNCHRONIZED, FAILED, PARKED, SUPERSEDED or DISCARDED, and the version of headquarters that contains it.
    outcome text,
    outcome_version bigint,
    -- Headquarters' change counter of that word.
    outcome_change bigint,
    error_reason text,
    -- When its outcome was known here and the base contained it.
    resolved_at bigint
);
CREATE INDEX revision_waiting ON revision (customer_id, counter) WHERE resolved_at IS NULL;

-- The five staging tables that P-0001 uploads. A NULL field is untouched, an empty one cleared.
-- operation: 1 create, 2 update, 3 deactivate.
CREATE TABLE retailasynccustomerv2 (
    replicationcounterfromorigin bigint NOT NULL REFERENCES revision (counter),
    ordinal bigint NOT NULL,
    operation bigint NOT NULL,
    onlineoperationcompleted bigint NOT NULL DEFAULT 0,
    custaccountasync uuid NOT NULL,
    custaccount text,
    relationshiptype text,
    firstname text,
    middlename text,
    lastname text,
    custname text,
    languageid text,
    custgroup text,
    currency text,
    receiptoption text,
    receiptemail text,
    identificationnumber text,
    primaryphone text,
    primaryemail text,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
);

CREATE TABLE retailasyncaddressv2 (
    replicationcounterfromorigin bigint NOT NULL REFERENCES revision (counter),
    ordinal bigint NOT NULL,
    operation bigint NOT NULL,
    onlineoperationcompleted bigint NOT NULL DEFAULT 0,
    custaccountasync uuid NOT NULL,
    custaccount text,
    addressid uuid NOT NULL,
    role text,
    street text,
    streetnumber text,
    buildingcompliment text,
    districtname text,
    city text,
    county text,
    state text,
    zip text,
    country text,
    makepostaladdressprimary bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
);

CREATE TABLE retailasynccustomercontact (
    replicationcounterfromorigin bigint NOT NULL REFERENCES revision (counter),
    ordinal bigint NOT NULL,
    operation bigint NOT NULL,
    onlineoperationcompleted bigint NOT NULL DEFAULT 0,
    custaccountasync uuid NOT NULL,
    custaccount text,
    contactid uuid NOT NULL,
    contacttype text,
    locator text,
    typedlocator text,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
);

CREATE TABLE retailasynccustomeraffiliation (
    replicationcounterfromorigin bigint NOT NULL REFERENCES revision (counter),
    ordinal bigint NOT NULL,
    operation bigint NOT NULL,
    onlineoperationcompleted bigint NOT NULL DEFAULT 0,
    custaccountasync uuid NOT NULL,
    custaccount text,
    affiliation text NOT NULL,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
);

CREATE TABLE retailasynccustomerattributev2 (
    replicationcounterfromorigin bigint NOT NULL REFERENCES revision (counter),
    ordinal bigint NOT NULL,
    operation bigint NOT NULL,
    onlineoperationcompleted bigint NOT NULL DEFAULT 0,
    custaccountasync uuid NOT NULL,
    custaccount text,
    attributename text NOT NULL,
    attributedatatype text,
    attributevalue text,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
);

-- What customers are found by: folded words, phones, e-mail addresses, account numbers.
CREATE TABLE customer_search (
    kind bigint NOT NULL,
    term text COLLATE "C" NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (kind, term, customer_id)
);

-- Answers of performed writes, kept 7 days. The key is the client's choice and may be random: the table is small.
CREATE TABLE request_record (
    request_id uuid PRIMARY KEY,
    request_hash bytea NOT NULL,
    recorded_at bigint NOT NULL,
    answer text NOT NULL
);
CREATE INDEX request_record_time ON request_record (recorded_at);

-- What happened, for watchers. kind: 1 created, 2 changed, 3 gone, 4 everything anew (customer_id is NULL).
CREATE TABLE event (
    counter bigint PRIMARY KEY,
    kind bigint NOT NULL,
    customer_id uuid,
    revision bigint,
    happened_at bigint NOT NULL
);

-- The right to run a job, which one replica has at a time. fence grows with each taking.
CREATE TABLE job_lease (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    fence bigint NOT NULL,
    held_until bigint NOT NULL
);

-- What the jobs have brought: version and time of the last applied package of each.
CREATE TABLE applied_job (
    job text PRIMARY KEY,
    version bigint NOT NULL,
    applied_at bigint NOT NULL
);

-- 1070.
CREATE TABLE channel (
    operating_unit_number text PRIMARY KEY,
    setup text NOT NULL
);

CREATE TABLE customer_group (
    code text PRIMARY KEY,
    name text NOT NULL
);

-- 1110.
CREATE TABLE feature (
    key text PRIMARY KEY,
    enabled bigint NOT NULL
);

CREATE TABLE field_limit (
    field text PRIMARY KEY,
    max_characters bigint NOT NULL
);
