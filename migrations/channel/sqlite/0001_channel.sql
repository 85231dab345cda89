-- The channel database: what one scale unit holds of its channels. Ids are 16 bytes, times are milliseconds since
-- 1970, payloads are JSON. Keys of hot tables grow with time, so that a write touches the end of each tree.

-- Which programs can use this database: one row.
CREATE TABLE schema_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    -- The oldest program, by the version it was built for, that can use it.
    oldest_program INTEGER NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (1, 1, 1);

-- What this database is towards headquarters: one row, made at its first start.
CREATE TABLE origin (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id BLOB NOT NULL,
    database_name TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    -- Key of the company's request hashes; NULL until the first registration.
    request_hash_key BLOB,
    created_at INTEGER NOT NULL
) STRICT;

-- One row, locked last in every writing transaction and held to its commit: counters are gapless and appear in
-- commit order.
CREATE TABLE counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    event INTEGER NOT NULL,
    -- Capture time of the last revision; it never falls.
    captured_at INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0, 0, 0);

-- A customer: headquarters' base, and the view where waiting revisions make it differ.
CREATE TABLE customer (
    id BLOB PRIMARY KEY,
    -- Headquarters' change counter at the customer's last change.
    version INTEGER,
    base TEXT,
    view TEXT,
    CHECK (base IS NOT NULL OR view IS NOT NULL),
    CHECK ((base IS NULL) = (version IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
    customer_id BLOB NOT NULL REFERENCES customer (id),
    id BLOB NOT NULL,
    base TEXT,
    view TEXT,
    PRIMARY KEY (customer_id, id),
    CHECK (base IS NOT NULL OR view IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- An async write: what its rows in the five tables below have in common.
CREATE TABLE revision (
    counter INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    request_id BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    caller TEXT NOT NULL,
    captured_at INTEGER NOT NULL,
    -- Headquarters' version that the writer saw.
    base_version INTEGER,
    -- What decided its way.
    decision TEXT NOT NULL,
    -- Entities that it changes: {"customer": bool, "addresses": [id]}.
    touches TEXT NOT NULL,
    -- When headquarters had it, and when its outcome came here.
    uploaded_at INTEGER,
    processed_at INTEGER,
    -- SYNCHRONIZED, FAILED, PARKED, SUPERSEDED or DISCARDED, and the version of headquarters that contains it.
    outcome TEXT,
    outcome_version INTEGER,
    -- Headquarters' change counter of that word.
    outcome_change INTEGER,
    error_reason TEXT,
    -- When its outcome was known here and the base contained it.
    resolved_at INTEGER
) STRICT;
CREATE INDEX revision_waiting ON revision (customer_id, counter) WHERE resolved_at IS NULL;

-- The five staging tables that P-0001 uploads. A NULL field is untouched, an empty one cleared.
-- operation: 1 create, 2 update, 3 deactivate.
CREATE TABLE retailasynccustomerv2 (
    replicationcounterfromorigin INTEGER NOT NULL REFERENCES revision (counter),
    ordinal INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    onlineoperationcompleted INTEGER NOT NULL DEFAULT 0,
    custaccountasync BLOB NOT NULL,
    custaccount TEXT,
    relationshiptype TEXT,
    firstname TEXT,
    middlename TEXT,
    lastname TEXT,
    custname TEXT,
    languageid TEXT,
    custgroup TEXT,
    currency TEXT,
    receiptoption TEXT,
    receiptemail TEXT,
    identificationnumber TEXT,
    primaryphone TEXT,
    primaryemail TEXT,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE retailasyncaddressv2 (
    replicationcounterfromorigin INTEGER NOT NULL REFERENCES revision (counter),
    ordinal INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    onlineoperationcompleted INTEGER NOT NULL DEFAULT 0,
    custaccountasync BLOB NOT NULL,
    custaccount TEXT,
    addressid BLOB NOT NULL,
    role TEXT,
    street TEXT,
    streetnumber TEXT,
    buildingcompliment TEXT,
    districtname TEXT,
    city TEXT,
    county TEXT,
    state TEXT,
    zip TEXT,
    country TEXT,
    makepostaladdressprimary INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE retailasynccustomercontact (
    replicationcounterfromorigin INTEGER NOT NULL REFERENCES revision (counter),
    ordinal INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    onlineoperationcompleted INTEGER NOT NULL DEFAULT 0,
    custaccountasync BLOB NOT NULL,
    custaccount TEXT,
    contactid BLOB NOT NULL,
    contacttype TEXT,
    locator TEXT,
    typedlocator TEXT,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE retailasynccustomeraffiliation (
    replicationcounterfromorigin INTEGER NOT NULL REFERENCES revision (counter),
    ordinal INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    onlineoperationcompleted INTEGER NOT NULL DEFAULT 0,
    custaccountasync BLOB NOT NULL,
    custaccount TEXT,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE retailasynccustomerattributev2 (
    replicationcounterfromorigin INTEGER NOT NULL REFERENCES revision (counter),
    ordinal INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    onlineoperationcompleted INTEGER NOT NULL DEFAULT 0,
    custaccountasync BLOB NOT NULL,
    custaccount TEXT,
    attributename TEXT NOT NULL,
    attributedatatype TEXT,
    attributevalue TEXT,
    PRIMARY KEY (replicationcounterfromorigin, ordinal)
) STRICT, WITHOUT ROWID;

-- What customers are found by: folded words, phones, e-mail addresses, account numbers.
CREATE TABLE customer_search (
    kind INTEGER NOT NULL,
    term TEXT NOT NULL,
    customer_id BLOB NOT NULL,
    PRIMARY KEY (kind, term, customer_id)
) STRICT, WITHOUT ROWID;

-- Answers of performed writes, kept 7 days. The key is the client's choice and may be random: the table is small.
CREATE TABLE request_record (
    request_id BLOB PRIMARY KEY,
    request_hash BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    answer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_record_time ON request_record (recorded_at);

-- What happened, for watchers. kind: 1 created, 2 changed, 3 gone, 4 everything anew (customer_id is NULL).
CREATE TABLE event (
    counter INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    customer_id BLOB,
    revision INTEGER,
    happened_at INTEGER NOT NULL
) STRICT;

-- The right to run a job, which one replica has at a time. fence grows with each taking.
CREATE TABLE job_lease (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    fence INTEGER NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the jobs have brought: version and time of the last applied package of each.
CREATE TABLE applied_job (
    job TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- 1070.
CREATE TABLE channel (
    operating_unit_number TEXT PRIMARY KEY,
    setup TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_group (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- 1110.
CREATE TABLE feature (
    key TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE field_limit (
    field TEXT PRIMARY KEY,
    max_characters INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
