//! Every statement for PostgreSQL. Rows come in as one JSON array a statement.

crate::storage::statements! {
    IDENTITY = "SELECT database_id, incarnation, request_hash_key FROM headquarters WHERE id = 1";
    CREATE_IDENTITY = "INSERT INTO headquarters VALUES (1, $1, 1, $2, $3) ON CONFLICT DO NOTHING";

    RECORDS = "SELECT id, record FROM customer WHERE id = ANY($1)";
    MEMORIES = "SELECT request_id, request_hash, method, customer_id, decision FROM revision
        WHERE performed = 1 AND request_id = ANY($1)";
    PERFORMED = "SELECT r.request_id, r.request_hash, r.method, r.customer_id, r.decision, c.record
        FROM revision r LEFT JOIN customer c ON c.id = r.customer_id WHERE r.performed = 1 AND r.request_id = $1";
    STANDING = "SELECT
        (SELECT name FROM registered_database WHERE database_id = $1 AND incarnation = $2) AS registered_as,
        (SELECT content FROM setup WHERE kind = 'channels' AND code = $3) AS channel";
    CUSTOMER_GROUPS = "SELECT code FROM setup WHERE kind = 'customer_groups' AND code = ANY($1)";

    LOCK_CUSTOMERS = "SELECT id FROM customer WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    TAKE_NUMBERS = "UPDATE number_sequence SET last = last + $1 WHERE name = 'customer' RETURNING format, last";
    TAKE_CHANGES = "UPDATE counter SET change = change + $1 WHERE id = 1 RETURNING change";
    INSERT_CUSTOMERS = "INSERT INTO customer (id, version, account_number, record)
        SELECT id, version, account_number, record
        FROM json_to_recordset($1::json) AS r(id uuid, version bigint, account_number text, record text)
        ON CONFLICT DO NOTHING";
    CHANGE_CUSTOMERS = "UPDATE customer SET version = r.version, record = r.record
        FROM json_to_recordset($1::json) AS r(id uuid, version bigint, record text) WHERE customer.id = r.id";
    INSERT_OUTCOMES = "INSERT INTO revision (id, request_id, request_hash, database_id, incarnation, counter,
            customer_id, channel, caller, method, decision, base_version, received_at, status, performed, version,
            contained_in, superseded, processed_at)
        SELECT id, request_id, decode(request_hash, 'hex'), database_id, incarnation, counter, customer_id, channel,
            caller, method, decision, base_version, received_at, status, performed, version, contained_in,
            superseded, processed_at
        FROM json_to_recordset($1::json) AS r(id uuid, request_id uuid, request_hash text, database_id uuid,
            incarnation bigint, counter bigint, customer_id uuid, channel text, caller text, method text,
            decision text, base_version bigint, received_at bigint, status text, performed bigint, version bigint,
            contained_in bigint, superseded text, processed_at bigint)
        ON CONFLICT DO NOTHING";
    CONCLUDE = "UPDATE revision SET status = r.status, performed = r.performed, version = r.version,
            contained_in = r.contained_in, superseded = r.superseded, error_reason = r.error_reason,
            error_text = r.error_text, processed_at = r.processed_at,
            changes = CASE r.status WHEN 'SYNCHRONIZED' THEN NULL ELSE revision.changes END
        FROM json_to_recordset($1::json) AS r(id uuid, database_id uuid, incarnation bigint, counter bigint,
            status text, performed bigint, version bigint, contained_in bigint, superseded text, error_reason text,
            error_text text, processed_at bigint)
        WHERE revision.database_id = r.database_id AND revision.incarnation = r.incarnation
            AND revision.counter = r.counter AND revision.id = r.id AND revision.status = 'RECEIVED'";

    INBOX = "SELECT DISTINCT customer_id FROM revision WHERE status = 'RECEIVED' ORDER BY customer_id LIMIT $1";
    WAITING = "SELECT id, request_id, request_hash, database_id, incarnation, counter, customer_id, channel, caller,
            method, decision, base_version, captured_at, changes, status
        FROM revision WHERE status <> 'SYNCHRONIZED' AND customer_id = ANY($1)
        ORDER BY customer_id, database_id, incarnation, counter";
    UPLOADED = "SELECT r.database_id, r.incarnation, r.counter, r.status, r.received_at, e.counter, e.status
        FROM json_to_recordset($1::json) AS k(database_id uuid, incarnation bigint, counter bigint)
        JOIN revision r ON r.database_id = k.database_id AND r.incarnation = k.incarnation AND r.counter = k.counter
        LEFT JOIN revision e ON e.database_id = r.database_id AND e.incarnation = r.incarnation
            AND e.counter = (SELECT max(b.counter) FROM revision b WHERE b.status <> 'SYNCHRONIZED'
                AND b.customer_id = r.customer_id AND b.database_id = r.database_id
                AND b.incarnation = r.incarnation AND b.counter < r.counter)";
    OUTCOMES = "SELECT id, request_id, request_hash, counter, customer_id, method, decision, status, version,
            contained_in, superseded IS NOT NULL, error_reason, processed_at
        FROM revision WHERE database_id = $1 AND incarnation = $2 AND version > $3 AND version <= $4
        ORDER BY version LIMIT $5";
    CHANGES = "SELECT id, record FROM customer WHERE version > $1 AND version <= $2 ORDER BY version LIMIT $3";
    LAST_CHANGE = "SELECT change FROM counter WHERE id = 1";

    ORIGIN = "SELECT last_counter, last_revision_id FROM origin WHERE database_id = $1 AND incarnation = $2";
    ADD_ORIGIN = "INSERT INTO origin VALUES ($1, $2, 0, NULL) ON CONFLICT DO NOTHING";
    LOCK_ORIGIN = "SELECT last_counter FROM origin WHERE database_id = $1 AND incarnation = $2 FOR UPDATE";
    RECEIVED = "SELECT counter, id FROM revision
        WHERE database_id = $1 AND incarnation = $2 AND counter BETWEEN $3 AND $4 ORDER BY counter";
    RECEIVE = "INSERT INTO revision (id, request_id, request_hash, database_id, incarnation, counter, customer_id,
            channel, caller, method, decision, base_version, captured_at, received_at, changes, status, performed)
        SELECT id, request_id, decode(request_hash, 'hex'), database_id, incarnation, counter, customer_id, channel,
            caller, method, decision, base_version, captured_at, received_at, changes, status, performed
        FROM json_to_recordset($1::json) AS r(id uuid, request_id uuid, request_hash text, database_id uuid,
            incarnation bigint, counter bigint, customer_id uuid, channel text, caller text, method text,
            decision text, base_version bigint, captured_at bigint, received_at bigint, changes text, status text,
            performed bigint)
        ON CONFLICT DO NOTHING";
    MOVE_ORIGIN = "UPDATE origin SET last_counter = $3, last_revision_id = $4
        WHERE database_id = $1 AND incarnation = $2";

    LOCK_SETUP = "SELECT id FROM configuration_version WHERE id = 1 FOR UPDATE";
    SETUP = "SELECT v.channel_configuration, v.global_configuration, s.kind, s.code, s.content
        FROM configuration_version v LEFT JOIN setup s ON true WHERE v.id = 1";
    PUT_SETUP = "INSERT INTO setup (kind, code, content)
        SELECT kind, code, content FROM json_to_recordset($1::json) AS r(kind text, code text, content text)
        ON CONFLICT (kind, code) DO UPDATE SET content = excluded.content";
    REMOVE_SETUP = "DELETE FROM setup s USING json_to_recordset($1::json) AS r(kind text, code text)
        WHERE s.kind = r.kind AND s.code = r.code";
    SET_CONFIGURATION_VERSION = "UPDATE configuration_version
        SET channel_configuration = $1, global_configuration = $2 WHERE id = 1";

    DATABASES = "SELECT name, database_id, incarnation, program_version, registered_at, last_seen_at, customers,
            channel_configuration, global_configuration, connected_until
        FROM registered_database ORDER BY name COLLATE \"C\"";
    LOCK_REGISTRATIONS = "LOCK TABLE registered_database IN SHARE ROW EXCLUSIVE MODE";
    REGISTRATIONS = "SELECT name, database_id, incarnation, program_version, registered_at, last_seen_at, customers,
            channel_configuration, global_configuration, connected_until
        FROM registered_database WHERE name = $1 OR database_id = $2 ORDER BY name COLLATE \"C\"";
    REMOVE_OTHER_NAMES = "DELETE FROM registered_database WHERE database_id = $1 AND name <> $2";
    REGISTER = "INSERT INTO registered_database (name, database_id, incarnation, program_version, registered_at,
            last_seen_at, customers, channel_configuration, global_configuration, connected_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (name) DO UPDATE SET database_id = excluded.database_id, incarnation = excluded.incarnation,
            program_version = excluded.program_version, registered_at = excluded.registered_at,
            last_seen_at = excluded.last_seen_at, customers = excluded.customers,
            channel_configuration = excluded.channel_configuration,
            global_configuration = excluded.global_configuration, connected_until = excluded.connected_until";
}
