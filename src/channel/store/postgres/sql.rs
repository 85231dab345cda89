//! Every statement for PostgreSQL. Rows come in as one JSON array a statement.

/// What a revision is read back from: its row with its staged rows.
macro_rules! revision {
    () => {
        "SELECT r.counter, r.id, r.request_id, r.customer_id, r.captured_at, r.base_version,
                (SELECT coalesce(json_agg(json_build_object('ordinal', c.ordinal, 'operation', c.operation, 'relationshiptype', c.relationshiptype,
                    'firstname', c.firstname, 'middlename', c.middlename, 'lastname', c.lastname,
                    'custname', c.custname, 'languageid', c.languageid, 'custgroup', c.custgroup,
                    'currency', c.currency, 'receiptoption', c.receiptoption, 'receiptemail', c.receiptemail,
                    'identificationnumber', c.identificationnumber, 'primaryphone', c.primaryphone,
                    'primaryemail', c.primaryemail)), '[]')::text
                 FROM retailasynccustomerv2 c WHERE c.replicationcounterfromorigin = r.counter),
                (SELECT coalesce(json_agg(json_build_object('ordinal', k.ordinal, 'operation', k.operation, 'contactid', k.contactid,
                    'contacttype', k.contacttype, 'locator', k.locator, 'typedlocator', k.typedlocator)), '[]')::text
                 FROM retailasynccustomercontact k WHERE k.replicationcounterfromorigin = r.counter),
                (SELECT coalesce(json_agg(json_build_object('ordinal', a.ordinal, 'operation', a.operation, 'addressid', a.addressid,
                    'makepostaladdressprimary', a.makepostaladdressprimary, 'role', a.role,
                    'street', a.street, 'streetnumber', a.streetnumber,
                    'buildingcompliment', a.buildingcompliment, 'districtname', a.districtname,
                    'city', a.city, 'county', a.county, 'state', a.state, 'zip', a.zip, 'country', a.country)), '[]')::text
                 FROM retailasyncaddressv2 a WHERE a.replicationcounterfromorigin = r.counter)"
    };
}

crate::storage::statements! {
    ORIGIN = "SELECT database_id, database_name, incarnation, request_hash_key FROM origin WHERE id = 1";
    CREATE_ORIGIN = "INSERT INTO origin VALUES (1, $1, $2, 1, NULL, $3) ON CONFLICT DO NOTHING";
    SET_REQUEST_HASH_KEY = "UPDATE origin SET request_hash_key = $1 WHERE id = 1 AND request_hash_key IS NULL";

    CUSTOMERS = "SELECT c.id, c.version, coalesce(c.view, c.base) AS payload,
        (SELECT coalesce(json_agg(json_build_object('synced', CASE WHEN a.base IS NULL THEN 0 ELSE 1 END,
            'address', coalesce(a.view, a.base)::json)), '[]')::text
         FROM address a WHERE a.customer_id = c.id) AS addresses,
        (SELECT coalesce(json_agg(json_build_object('counter', r.counter, 'touches', r.touches::json,
            'captured_at', r.captured_at, 'uploaded_at', r.uploaded_at, 'processed_at', r.processed_at,
            'error_reason', r.error_reason)), '[]')::text
         FROM revision r WHERE r.customer_id = c.id AND r.resolved_at IS NULL) AS waiting
        FROM customer c WHERE c.id = ANY($1)";
    REQUEST_RECORDS = "SELECT request_id, request_hash, answer FROM request_record WHERE request_id = ANY($1)";
    SEARCH = "SELECT term, customer_id FROM customer_search
        WHERE kind = $1 AND term >= $2 AND term < $3 AND (term, customer_id) > ($4, $5)
        ORDER BY term, customer_id LIMIT $6";
    CHANNELS = "SELECT operating_unit_number FROM channel ORDER BY operating_unit_number COLLATE \"C\"";
    CONFIGURATION = "SELECT setup,
            (SELECT coalesce(json_agg(code), '[]')::text FROM customer_group) AS customer_groups,
            (SELECT coalesce(json_object_agg(key, enabled <> 0), '{}')::text FROM feature) AS features,
            (SELECT coalesce(json_object_agg(field, max_characters), '{}')::text FROM field_limit) AS limits,
            (SELECT version FROM applied_job WHERE job = '1070') AS channel_configuration,
            (SELECT version FROM applied_job WHERE job = '1110') AS global_configuration
        FROM channel WHERE operating_unit_number = $1";
    APPLIED = "SELECT version, applied_at FROM applied_job WHERE job = $1";

    WAITING_REVISIONS = concat!(revision!(), "
        FROM revision r WHERE r.customer_id = ANY($1) AND r.resolved_at IS NULL ORDER BY r.counter");
    CAPTURED_REVISIONS = concat!(revision!(), ",
            r.request_hash, r.channel, r.caller, r.decision
        FROM revision r WHERE r.counter > $1 ORDER BY r.counter LIMIT $2");
    LOCK_CUSTOMERS = "SELECT id FROM customer WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    TAKE_COUNTERS = "UPDATE counter SET revision = revision + $1, event = event + $2,
        captured_at = greatest(captured_at, $3) WHERE id = 1 RETURNING revision, event, captured_at";
    INSERT_CUSTOMERS = "INSERT INTO customer (id, version, base, view)
        SELECT id, version, base, view
        FROM json_to_recordset($1::json) AS r(id uuid, version bigint, base text, view text) ON CONFLICT DO NOTHING";
    CHANGE_CUSTOMERS = "UPDATE customer SET view = r.view FROM json_to_recordset($1::json) AS r(id uuid, view text)
        WHERE customer.id = r.id";
    REBASE_CUSTOMERS = "UPDATE customer SET version = r.version, base = r.base, view = r.view
        FROM json_to_recordset($1::json) AS r(id uuid, version bigint, base text, view text)
        WHERE customer.id = r.id AND coalesce(customer.version, 0) < r.version";
    PUT_ADDRESSES = "INSERT INTO address (customer_id, id, view)
        SELECT customer_id, id, view FROM json_to_recordset($1::json) AS r(customer_id uuid, id uuid, view text)
        ON CONFLICT (customer_id, id) DO UPDATE SET view = excluded.view";
    PUT_ADDRESS_BASES = "INSERT INTO address (customer_id, id, base, view)
        SELECT customer_id, id, base, view
        FROM json_to_recordset($1::json) AS r(customer_id uuid, id uuid, base text, view text)
        ON CONFLICT (customer_id, id) DO UPDATE SET base = excluded.base, view = excluded.view";
    REMOVE_ADDRESSES = "DELETE FROM address a USING json_to_recordset($1::json) AS r(customer_id uuid, id uuid)
        WHERE a.customer_id = r.customer_id AND a.id = r.id";
    REMOVE_CUSTOMERS = "DELETE FROM customer USING json_to_recordset($1::json) AS r(id uuid) WHERE customer.id = r.id";
    INSERT_REVISIONS = "INSERT INTO revision (counter, id, request_id, request_hash, customer_id, channel, caller,
            captured_at, base_version, decision, touches)
        SELECT counter, id, request_id, decode(request_hash, 'hex'), customer_id, channel, caller, captured_at,
            base_version, decision, touches
        FROM json_to_recordset($1::json) AS r(counter bigint, id uuid, request_id uuid, request_hash text,
            customer_id uuid, channel text, caller text, captured_at bigint, base_version bigint, decision text,
            touches text)";
    INSERT_STAGED_CUSTOMERS = "INSERT INTO retailasynccustomerv2 (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, relationshiptype, firstname, middlename, lastname, custname, languageid,
            custgroup, currency, receiptoption, receiptemail, identificationnumber, primaryphone, primaryemail)
        SELECT * FROM json_to_recordset($1::json) AS r(counter bigint, ordinal bigint, operation bigint,
            custaccountasync uuid, custaccount text, relationshiptype text, firstname text, middlename text,
            lastname text, custname text, languageid text, custgroup text, currency text, receiptoption text,
            receiptemail text, identificationnumber text, primaryphone text, primaryemail text)";
    INSERT_STAGED_ADDRESSES = "INSERT INTO retailasyncaddressv2 (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, addressid, makepostaladdressprimary, role, street, streetnumber,
            buildingcompliment, districtname, city, county, state, zip, country)
        SELECT * FROM json_to_recordset($1::json) AS r(counter bigint, ordinal bigint, operation bigint,
            custaccountasync uuid, custaccount text, addressid uuid, makepostaladdressprimary bigint, role text,
            street text, streetnumber text, buildingcompliment text, districtname text, city text, county text,
            state text, zip text, country text)";
    INSERT_STAGED_CONTACTS = "INSERT INTO retailasynccustomercontact (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, contactid, contacttype, locator, typedlocator)
        SELECT * FROM json_to_recordset($1::json) AS r(counter bigint, ordinal bigint, operation bigint,
            custaccountasync uuid, custaccount text, contactid uuid, contacttype text, locator text, typedlocator text)";
    ADD_TERMS = "INSERT INTO customer_search (kind, term, customer_id)
        SELECT * FROM json_to_recordset($1::json) AS r(kind bigint, term text, customer_id uuid) ON CONFLICT DO NOTHING";
    REMOVE_TERMS = "DELETE FROM customer_search s
        USING json_to_recordset($1::json) AS r(kind bigint, term text, customer_id uuid)
        WHERE s.kind = r.kind AND s.term = r.term AND s.customer_id = r.customer_id";
    INSERT_RECORDS = "INSERT INTO request_record (request_id, request_hash, recorded_at, answer)
        SELECT request_id, decode(request_hash, 'hex'), recorded_at, answer
        FROM json_to_recordset($1::json) AS r(request_id uuid, request_hash text, recorded_at bigint, answer text)
        ON CONFLICT DO NOTHING";
    INSERT_EVENTS = "INSERT INTO event (counter, kind, customer_id, revision, happened_at)
        SELECT * FROM json_to_recordset($1::json) AS r(counter bigint, kind bigint, customer_id uuid, revision bigint,
            happened_at bigint)";
    BASES = "SELECT c.id, c.version, c.base,
            (SELECT coalesce(json_agg(a.base::json), '[]')::text FROM address a
             WHERE a.customer_id = c.id AND a.base IS NOT NULL)
        FROM customer c WHERE c.base IS NOT NULL AND c.id = ANY($1)";
    REVISION_ID = "SELECT id FROM revision WHERE counter = $1";
    REVISION_KEYS = "SELECT counter, id, customer_id FROM revision WHERE counter = ANY($1)";
    ABSENT = "SELECT id FROM customer WHERE id > $1 AND id <= $2 AND version <= $3
            AND id <> ALL($4)
            AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.customer_id = customer.id AND r.resolved_at IS NULL)
        ORDER BY id LIMIT $5";
    OUTCOMES = "SELECT counter, outcome, outcome_version FROM revision
        WHERE outcome IS NOT NULL AND resolved_at IS NULL AND customer_id = ANY($1)";
    // Only among those that wait, which are few in a table that grows. One that is locked is getting
    // its outcome, which says as much: waiting for it could be a deadlock.
    MARK_UPLOADED = "UPDATE revision SET uploaded_at = $2 WHERE counter IN
        (SELECT counter FROM revision WHERE resolved_at IS NULL AND uploaded_at IS NULL AND counter <= $1
         ORDER BY counter FOR NO KEY UPDATE SKIP LOCKED)";
    MARK_PROCESSED = "UPDATE revision SET processed_at = $2 WHERE counter IN
        (SELECT counter FROM revision WHERE resolved_at IS NULL AND uploaded_at IS NOT NULL AND processed_at IS NULL AND counter <= $1
         ORDER BY counter FOR NO KEY UPDATE SKIP LOCKED)";
    PUT_OUTCOMES = "UPDATE revision SET outcome = r.outcome, outcome_version = r.version, outcome_change = r.change,
            error_reason = r.error_reason, uploaded_at = coalesce(uploaded_at, r.processed_at),
            processed_at = CASE WHEN revision.outcome IS NULL THEN coalesce(revision.processed_at, r.processed_at)
                ELSE r.processed_at END
        FROM json_to_recordset($1::json) AS r(counter bigint, outcome text, version bigint, change bigint,
            error_reason text, processed_at bigint)
        WHERE revision.counter = r.counter AND revision.resolved_at IS NULL
            AND (revision.outcome_change IS NULL OR revision.outcome_change < r.change)";
    RESOLVE = "UPDATE revision SET resolved_at = $2 WHERE counter = ANY($1)";
    COMPLETE_CUSTOMERS = "UPDATE retailasynccustomerv2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin = ANY($1)";
    COMPLETE_ADDRESSES = "UPDATE retailasyncaddressv2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin = ANY($1)";
    COMPLETE_CONTACTS = "UPDATE retailasynccustomercontact SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin = ANY($1)";
    COMPLETE_AFFILIATIONS = "UPDATE retailasynccustomeraffiliation SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin = ANY($1)";
    COMPLETE_ATTRIBUTES = "UPDATE retailasynccustomerattributev2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin = ANY($1)";
    PRUNE_RECORDS = "DELETE FROM request_record WHERE request_id IN
        (SELECT request_id FROM request_record WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)";

    // Without a lock where another has it: he may be in a long transaction with it.
    TAKE_LEASE = "INSERT INTO job_lease (name, holder, fence, held_until)
        SELECT $1::text, $2::uuid, 1, $4::bigint WHERE NOT EXISTS
            (SELECT 1 FROM job_lease WHERE name = $1 AND holder <> $2 AND held_until > $3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = job_lease.fence + 1,
            held_until = excluded.held_until
        WHERE job_lease.holder = excluded.holder OR job_lease.held_until <= $3
        RETURNING fence";
    HOLD_LEASE = "UPDATE job_lease SET held_until = $4 WHERE name = $1 AND holder = $2 AND fence = $3";
    RELEASE_LEASE = "UPDATE job_lease SET held_until = 0 WHERE name = $1 AND holder = $2 AND fence = $3";
    SET_APPLIED = "INSERT INTO applied_job (job, version, applied_at) VALUES ($1, $2, $3)
        ON CONFLICT (job) DO UPDATE SET version = excluded.version, applied_at = excluded.applied_at
        WHERE applied_job.version < excluded.version";
    CLEAR_CHANNELS = "DELETE FROM channel";
    INSERT_CHANNELS = "INSERT INTO channel (operating_unit_number, setup)
        SELECT value->>'operating_unit_number', value::text FROM json_array_elements($1::json)";
    CLEAR_CUSTOMER_GROUPS = "DELETE FROM customer_group";
    INSERT_CUSTOMER_GROUPS = "INSERT INTO customer_group (code, name) SELECT key, value FROM json_each_text($1::json)";
    CLEAR_FEATURES = "DELETE FROM feature";
    INSERT_FEATURES = "INSERT INTO feature (key, enabled)
        SELECT key, CASE WHEN value::boolean THEN 1 ELSE 0 END FROM json_each_text($1::json)";
    CLEAR_FIELD_LIMITS = "DELETE FROM field_limit";
    INSERT_FIELD_LIMITS = "INSERT INTO field_limit (field, max_characters)
        SELECT key, value::bigint FROM json_each_text($1::json)";
}
