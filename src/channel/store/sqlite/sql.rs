//! Every statement for SQLite. Rows come in as one JSON array a statement.

/// What a revision is read back from: its row with its staged rows.
macro_rules! revision {
    () => {
        "SELECT r.counter, r.id, r.request_id, r.customer_id, r.captured_at, r.base_version,
                (SELECT json_group_array(json_object('ordinal', c.ordinal, 'operation', c.operation, 'relationshiptype', c.relationshiptype,
                    'firstname', c.firstname, 'middlename', c.middlename, 'lastname', c.lastname,
                    'custname', c.custname, 'languageid', c.languageid, 'custgroup', c.custgroup,
                    'currency', c.currency, 'receiptoption', c.receiptoption, 'receiptemail', c.receiptemail,
                    'identificationnumber', c.identificationnumber, 'primaryphone', c.primaryphone,
                    'primaryemail', c.primaryemail))
                 FROM retailasynccustomerv2 c WHERE c.replicationcounterfromorigin = r.counter),
                (SELECT json_group_array(json_object('ordinal', k.ordinal, 'operation', k.operation, 'contactid', lower(hex(k.contactid)),
                    'contacttype', k.contacttype, 'locator', k.locator, 'typedlocator', k.typedlocator))
                 FROM retailasynccustomercontact k WHERE k.replicationcounterfromorigin = r.counter),
                (SELECT json_group_array(json_object('ordinal', a.ordinal, 'operation', a.operation, 'addressid', lower(hex(a.addressid)),
                    'makepostaladdressprimary', a.makepostaladdressprimary, 'role', a.role,
                    'street', a.street, 'streetnumber', a.streetnumber,
                    'buildingcompliment', a.buildingcompliment, 'districtname', a.districtname,
                    'city', a.city, 'county', a.county, 'state', a.state, 'zip', a.zip, 'country', a.country))
                 FROM retailasyncaddressv2 a WHERE a.replicationcounterfromorigin = r.counter)"
    };
}

crate::storage::statements! {
    ORIGIN = "SELECT database_id, database_name, incarnation, request_hash_key FROM origin WHERE id = 1";
    CREATE_ORIGIN = "INSERT INTO origin VALUES (1, ?1, ?2, 1, NULL, ?3) ON CONFLICT DO NOTHING";
    SET_REQUEST_HASH_KEY = "UPDATE origin SET request_hash_key = ?1 WHERE id = 1 AND request_hash_key IS NULL";

    CUSTOMERS = "SELECT c.id, c.version, coalesce(c.view, c.base) AS payload,
        (SELECT json_group_array(json_object('synced', iif(a.base IS NULL, 0, 1), 'address', json(coalesce(a.view, a.base))))
         FROM address a WHERE a.customer_id = c.id) AS addresses,
        (SELECT json_group_array(json_object('counter', r.counter, 'touches', json(r.touches),
            'captured_at', r.captured_at, 'uploaded_at', r.uploaded_at, 'processed_at', r.processed_at,
            'error_reason', r.error_reason))
         FROM revision r WHERE r.customer_id = c.id AND r.resolved_at IS NULL) AS waiting
        FROM customer c WHERE c.id IN (SELECT unhex(value, '-') FROM json_each(?1))";
    REQUEST_RECORDS = "SELECT request_id, request_hash, answer FROM request_record
        WHERE request_id IN (SELECT unhex(value, '-') FROM json_each(?1))";
    SEARCH = "SELECT term, customer_id FROM customer_search
        WHERE kind = ?1 AND term >= ?2 AND term < ?3 AND (term, customer_id) > (?4, ?5)
        ORDER BY term, customer_id LIMIT ?6";
    CHANNELS = "SELECT operating_unit_number FROM channel ORDER BY operating_unit_number";
    CONFIGURATION = "SELECT setup,
            (SELECT json_group_array(code) FROM customer_group) AS customer_groups,
            (SELECT json_group_object(key, json(iif(enabled, 'true', 'false'))) FROM feature) AS features,
            (SELECT json_group_object(field, max_characters) FROM field_limit) AS limits,
            (SELECT version FROM applied_job WHERE job = '1070') AS channel_configuration,
            (SELECT version FROM applied_job WHERE job = '1110') AS global_configuration
        FROM channel WHERE operating_unit_number = ?1";
    APPLIED = "SELECT version, applied_at FROM applied_job WHERE job = ?1";

    WAITING_REVISIONS = concat!(revision!(), "
        FROM revision r WHERE r.customer_id IN (SELECT unhex(value, '-') FROM json_each(?1)) AND r.resolved_at IS NULL ORDER BY r.counter");
    CAPTURED_REVISIONS = concat!(revision!(), ",
            r.request_hash, r.channel, r.caller, r.decision
        FROM revision r WHERE r.counter > ?1 ORDER BY r.counter LIMIT ?2");
    TAKE_COUNTERS = "UPDATE counter SET revision = revision + ?1, event = event + ?2, captured_at = max(captured_at, ?3)
        WHERE id = 1 RETURNING revision, event, captured_at";
    INSERT_CUSTOMERS = "INSERT INTO customer (id, version, base, view)
        SELECT unhex(value->>'id', '-'), value->>'version', value->>'base', value->>'view' FROM json_each(?1) WHERE true
        ON CONFLICT DO NOTHING";
    CHANGE_CUSTOMERS = "UPDATE customer SET view = r.value->>'view' FROM json_each(?1) AS r
        WHERE customer.id = unhex(r.value->>'id', '-')";
    REBASE_CUSTOMERS = "UPDATE customer SET version = r.value->>'version', base = r.value->>'base', view = r.value->>'view'
        FROM json_each(?1) AS r
        WHERE customer.id = unhex(r.value->>'id', '-') AND coalesce(customer.version, 0) < r.value->>'version'";
    PUT_ADDRESSES = "INSERT INTO address (customer_id, id, view)
        SELECT unhex(value->>'customer_id', '-'), unhex(value->>'id', '-'), value->>'view' FROM json_each(?1) WHERE true
        ON CONFLICT (customer_id, id) DO UPDATE SET view = excluded.view";
    PUT_ADDRESS_BASES = "INSERT INTO address (customer_id, id, base, view)
        SELECT unhex(value->>'customer_id', '-'), unhex(value->>'id', '-'), value->>'base', value->>'view'
        FROM json_each(?1) WHERE true
        ON CONFLICT (customer_id, id) DO UPDATE SET base = excluded.base, view = excluded.view";
    REMOVE_ADDRESSES = "DELETE FROM address WHERE (customer_id, id) IN
        (SELECT unhex(value->>'customer_id', '-'), unhex(value->>'id', '-') FROM json_each(?1))";
    REMOVE_CUSTOMERS = "DELETE FROM customer WHERE id IN (SELECT unhex(value->>'id', '-') FROM json_each(?1))";
    INSERT_REVISIONS = "INSERT INTO revision (counter, id, request_id, request_hash, customer_id, channel, caller,
            captured_at, base_version, decision, touches)
        SELECT value->>'counter', unhex(value->>'id', '-'), unhex(value->>'request_id', '-'),
            unhex(value->>'request_hash'), unhex(value->>'customer_id', '-'), value->>'channel', value->>'caller',
            value->>'captured_at', value->>'base_version', value->>'decision', value->>'touches' FROM json_each(?1)";
    INSERT_STAGED_CUSTOMERS = "INSERT INTO retailasynccustomerv2 (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, relationshiptype, firstname, middlename, lastname, custname, languageid,
            custgroup, currency, receiptoption, receiptemail, identificationnumber, primaryphone, primaryemail)
        SELECT value->>'counter', value->>'ordinal', value->>'operation', unhex(value->>'custaccountasync', '-'),
            value->>'custaccount', value->>'relationshiptype', value->>'firstname', value->>'middlename',
            value->>'lastname', value->>'custname', value->>'languageid', value->>'custgroup', value->>'currency',
            value->>'receiptoption', value->>'receiptemail', value->>'identificationnumber', value->>'primaryphone',
            value->>'primaryemail' FROM json_each(?1)";
    INSERT_STAGED_ADDRESSES = "INSERT INTO retailasyncaddressv2 (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, addressid, makepostaladdressprimary, role, street, streetnumber,
            buildingcompliment, districtname, city, county, state, zip, country)
        SELECT value->>'counter', value->>'ordinal', value->>'operation', unhex(value->>'custaccountasync', '-'),
            value->>'custaccount', unhex(value->>'addressid', '-'), value->>'makepostaladdressprimary', value->>'role',
            value->>'street', value->>'streetnumber', value->>'buildingcompliment', value->>'districtname',
            value->>'city', value->>'county', value->>'state', value->>'zip', value->>'country' FROM json_each(?1)";
    INSERT_STAGED_CONTACTS = "INSERT INTO retailasynccustomercontact (replicationcounterfromorigin, ordinal, operation,
            custaccountasync, custaccount, contactid, contacttype, locator, typedlocator)
        SELECT value->>'counter', value->>'ordinal', value->>'operation', unhex(value->>'custaccountasync', '-'),
            value->>'custaccount', unhex(value->>'contactid', '-'), value->>'contacttype', value->>'locator',
            value->>'typedlocator' FROM json_each(?1)";
    ADD_TERMS = "INSERT INTO customer_search (kind, term, customer_id)
        SELECT value->>'kind', value->>'term', unhex(value->>'customer_id', '-') FROM json_each(?1) WHERE true
        ON CONFLICT DO NOTHING";
    REMOVE_TERMS = "DELETE FROM customer_search WHERE (kind, term, customer_id) IN
        (SELECT value->>'kind', value->>'term', unhex(value->>'customer_id', '-') FROM json_each(?1))";
    INSERT_RECORDS = "INSERT INTO request_record (request_id, request_hash, recorded_at, answer)
        SELECT unhex(value->>'request_id', '-'), unhex(value->>'request_hash'), value->>'recorded_at', value->>'answer'
        FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
    INSERT_EVENTS = "INSERT INTO event (counter, kind, customer_id, revision, happened_at)
        SELECT value->>'counter', value->>'kind', unhex(value->>'customer_id', '-'), value->>'revision',
            value->>'happened_at' FROM json_each(?1)";
    BASES = "SELECT c.id, c.version, c.base,
            (SELECT json_group_array(json(a.base)) FROM address a WHERE a.customer_id = c.id AND a.base IS NOT NULL)
        FROM customer c WHERE c.base IS NOT NULL AND c.id IN (SELECT unhex(value, '-') FROM json_each(?1))";
    REVISION_ID = "SELECT id FROM revision WHERE counter = ?1";
    REVISION_KEYS = "SELECT counter, id, customer_id FROM revision WHERE counter IN (SELECT value FROM json_each(?1))";
    ABSENT = "SELECT id FROM customer WHERE id > ?1 AND id <= ?2 AND version <= ?3
            AND id NOT IN (SELECT unhex(value, '-') FROM json_each(?4))
            AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.customer_id = customer.id AND r.resolved_at IS NULL)
        ORDER BY id LIMIT ?5";
    OUTCOMES = "SELECT counter, outcome, outcome_version FROM revision
        WHERE outcome IS NOT NULL AND resolved_at IS NULL
            AND customer_id IN (SELECT unhex(value, '-') FROM json_each(?1))";
    // Only among those that wait, which are few in a table that grows.
    MARK_UPLOADED = "UPDATE revision INDEXED BY revision_waiting SET uploaded_at = ?2
        WHERE resolved_at IS NULL AND uploaded_at IS NULL AND counter <= ?1";
    MARK_PROCESSED = "UPDATE revision INDEXED BY revision_waiting SET processed_at = ?2
        WHERE resolved_at IS NULL AND uploaded_at IS NOT NULL AND processed_at IS NULL AND counter <= ?1";
    PUT_OUTCOMES = "UPDATE revision SET outcome = r.value->>'outcome', outcome_version = r.value->>'version',
            outcome_change = r.value->>'change', error_reason = r.value->>'error_reason',
            uploaded_at = coalesce(uploaded_at, r.value->>'processed_at'),
            processed_at = iif(outcome IS NULL, coalesce(processed_at, r.value->>'processed_at'),
                r.value->>'processed_at')
        FROM json_each(?1) AS r WHERE revision.counter = r.value->>'counter' AND revision.resolved_at IS NULL
            AND (revision.outcome_change IS NULL OR revision.outcome_change < r.value->>'change')";
    RESOLVE = "UPDATE revision SET resolved_at = ?2 WHERE counter IN (SELECT value FROM json_each(?1))";
    COMPLETE_CUSTOMERS = "UPDATE retailasynccustomerv2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin IN (SELECT value FROM json_each(?1))";
    COMPLETE_ADDRESSES = "UPDATE retailasyncaddressv2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin IN (SELECT value FROM json_each(?1))";
    COMPLETE_CONTACTS = "UPDATE retailasynccustomercontact SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin IN (SELECT value FROM json_each(?1))";
    COMPLETE_AFFILIATIONS = "UPDATE retailasynccustomeraffiliation SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin IN (SELECT value FROM json_each(?1))";
    COMPLETE_ATTRIBUTES = "UPDATE retailasynccustomerattributev2 SET onlineoperationcompleted = 1
        WHERE replicationcounterfromorigin IN (SELECT value FROM json_each(?1))";
    PRUNE_RECORDS = "DELETE FROM request_record WHERE request_id IN
        (SELECT request_id FROM request_record WHERE recorded_at < ?1 ORDER BY recorded_at LIMIT ?2)";

    // Without a lock where another has it: he may be in a long transaction with it.
    TAKE_LEASE = "INSERT INTO job_lease (name, holder, fence, held_until)
        SELECT ?1, ?2, 1, ?4 WHERE NOT EXISTS
            (SELECT 1 FROM job_lease WHERE name = ?1 AND holder <> ?2 AND held_until > ?3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = job_lease.fence + 1,
            held_until = excluded.held_until
        WHERE job_lease.holder = excluded.holder OR job_lease.held_until <= ?3
        RETURNING fence";
    HOLD_LEASE = "UPDATE job_lease SET held_until = ?4 WHERE name = ?1 AND holder = ?2 AND fence = ?3";
    RELEASE_LEASE = "UPDATE job_lease SET held_until = 0 WHERE name = ?1 AND holder = ?2 AND fence = ?3";
    SET_APPLIED = "INSERT INTO applied_job (job, version, applied_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (job) DO UPDATE SET version = excluded.version, applied_at = excluded.applied_at
        WHERE applied_job.version < excluded.version";
    CLEAR_CHANNELS = "DELETE FROM channel";
    INSERT_CHANNELS = "INSERT INTO channel (operating_unit_number, setup)
        SELECT value->>'operating_unit_number', value FROM json_each(?1)";
    CLEAR_CUSTOMER_GROUPS = "DELETE FROM customer_group";
    INSERT_CUSTOMER_GROUPS = "INSERT INTO customer_group (code, name) SELECT key, value FROM json_each(?1)";
    CLEAR_FEATURES = "DELETE FROM feature";
    INSERT_FEATURES = "INSERT INTO feature (key, enabled) SELECT key, value FROM json_each(?1)";
    CLEAR_FIELD_LIMITS = "DELETE FROM field_limit";
    INSERT_FIELD_LIMITS = "INSERT INTO field_limit (field, max_characters) SELECT key, value FROM json_each(?1)";
}
