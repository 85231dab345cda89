//! Statements of the jobs for SQLite.

/// Runs, as `payload::scheduler::RunTuple` has them.
macro_rules! run {
    ($($rest:literal),*) => {
        concat!(
            "SELECT id, job, cause, database_name, complete, status, started_at, ended_at, row_count, byte_count,
                summary, run_count, cancel_requested
            FROM job_run WHERE ",
            $($rest),*
        )
    };
}

/// A page of runs, all with the same parameters. The condition that comes first finds them by an index.
macro_rules! runs {
    ($first:literal) => {
        run!($first, "(?1 IS NULL OR job = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3")
    };
}

/// Sessions, as `payload::scheduler::SessionRow` has them.
macro_rules! session {
    ($($rest:literal),*) => {
        concat!(
            "SELECT id, job, database_name, database_id, incarnation, run_id, from_version, to_version, complete,
                status, try_count, package_id, outcomes_id, row_count, byte_count, error, created_at, available_at,
                downloaded_at, ended_at
            FROM session WHERE ",
            $($rest),*
        )
    };
}

/// A page of sessions, all with the same parameters. The condition that comes first finds them by an index.
macro_rules! sessions {
    ($first:literal) => {
        session!(
            $first,
            "(?1 IS NULL OR job = ?1) AND (?2 IS NULL OR database_name = ?2)
                AND (?3 IS NULL OR run_id = ?3) AND (?4 = 0 OR is_open = 1)
                AND id < ?5 ORDER BY id DESC LIMIT ?6"
        )
    };
}

/// Packages that are whole, as `payload::scheduler::PackageTuple` has them.
macro_rules! package {
    ($condition:literal) => {
        concat!(
            "SELECT id, job, from_version, to_version, complete, format, filter, header, chunk_count, row_count,
                byte_count
            FROM package WHERE header IS NOT NULL AND ",
            $condition
        )
    };
}

/// Uploaded revisions, as `payload::scheduler::OperationRow` has them. A database has one registration at most,
/// whatever life of it has uploaded.
macro_rules! operation {
    ($rest:literal) => {
        concat!(
            "SELECT r.database_id, r.incarnation, r.counter, d.name AS database_name, r.request_id, r.method,
                r.channel, r.caller, r.customer_id, c.account_number, r.captured_at, r.received_at, r.processed_at,
                r.delivered_at, r.status, r.superseded, r.error_reason, r.error_text
            FROM revision r LEFT JOIN registered_database d ON d.database_id = r.database_id
            LEFT JOIN customer c ON c.id = r.customer_id
            WHERE r.counter > 0 AND ",
            $rest
        )
    };
}

crate::storage::statements! {
    // The row's lock makes a second taker wait for the first, and then see what it wrote.
    TAKE_LEASE = "INSERT INTO job_lease (name, holder, fence, held_until) VALUES (?1, ?2, 1, ?4)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = job_lease.fence + 1,
            held_until = excluded.held_until
        WHERE job_lease.held_until <= ?3 OR job_lease.holder = excluded.holder
        RETURNING fence";
    HOLD_LEASE = "UPDATE job_lease SET held_until = ?4 WHERE name = ?1 AND holder = ?2 AND fence = ?3";
    RELEASE_LEASE = "UPDATE job_lease SET held_until = 0 WHERE name = ?1 AND holder = ?2 AND fence = ?3";

    RECURRENCES = "SELECT code, recurrence FROM job ORDER BY code";
    SET_RECURRENCE = "INSERT INTO job (code, recurrence) VALUES (?1, ?2)
        ON CONFLICT (code) DO UPDATE SET recurrence = excluded.recurrence";
    REMOVE_RECURRENCE = "DELETE FROM job WHERE code = ?1";

    RUN = run!("id = ?1");
    RUNS = runs!("");
    RUNS_OF_JOB = runs!("job = ?1 AND ");
    RUNNING_RUNS = runs!("status = 'RUNNING' AND ");
    LOCK_RUN = run!("id = ?1");
    LOCK_CONTINUOUS_RUN = run!("id = (SELECT max(id) FROM job_run WHERE job = ?1 AND cause = 'CONTINUOUS')
        AND started_at > ?2");
    ADD_RUN = "INSERT INTO job_run (job, cause, database_name, complete, status, started_at, ended_at, row_count,
            byte_count, summary, run_count, cancel_requested)
        SELECT value->>'job', value->>'cause', value->>'database_name', value->>'complete', value->>'status',
            value->>'started_at', value->>'ended_at', value->>'row_count', value->>'byte_count', value->>'summary',
            value->>'run_count', value->>'cancel_requested'
        FROM json_each(?1) WHERE true RETURNING id";
    PUT_RUN = "UPDATE job_run SET job = r.value->>'job', cause = r.value->>'cause',
            database_name = r.value->>'database_name', complete = r.value->>'complete', status = r.value->>'status',
            started_at = r.value->>'started_at', ended_at = r.value->>'ended_at', row_count = r.value->>'row_count',
            byte_count = r.value->>'byte_count', summary = r.value->>'summary', run_count = r.value->>'run_count',
            cancel_requested = r.value->>'cancel_requested'
        FROM json_each(?1) AS r WHERE job_run.id = r.value->>'id'";

    LOCK_DATABASE = "SELECT name, database_id, incarnation, program_version, registered_at, last_seen_at, customers,
            channel_configuration, global_configuration, connected_until
        FROM registered_database WHERE name = ?1";
    NOTE_DATABASE = "UPDATE registered_database SET customers = ?2, channel_configuration = ?3,
            global_configuration = ?4, connected_until = ?5
        WHERE name = ?1";

    SESSION = session!("id = ?1");
    SESSIONS = sessions!("");
    SESSIONS_OF_DATABASE = sessions!("database_name = ?2 AND ");
    SESSIONS_OF_RUN = sessions!("run_id = ?3 AND ");
    OPEN_SESSIONS = sessions!("is_open = 1 AND ");
    OPEN_SESSIONS_OF_ORIGIN = session!("is_open = 1 AND database_id = ?1 AND incarnation = ?2 ORDER BY id");
    LOCK_SESSION = session!("id = ?1");
    LOCK_OPEN_SESSIONS = session!("is_open = 1 AND database_name = ?1 AND (?2 IS NULL OR job = ?2)
        ORDER BY id");
    ADD_SESSION = "INSERT INTO session (job, database_name, database_id, incarnation, run_id, from_version, to_version,
            complete, status, is_open, try_count, package_id, outcomes_id, row_count, byte_count, error, created_at,
            available_at, downloaded_at, ended_at)
        SELECT value->>'job', value->>'database_name', unhex(value->>'database_id', '-'), value->>'incarnation',
            value->>'run_id', value->>'from_version', value->>'to_version', value->>'complete', value->>'status',
            value->>'is_open', value->>'try_count', value->>'package_id', value->>'outcomes_id',
            value->>'row_count', value->>'byte_count', value->>'error', value->>'created_at',
            value->>'available_at', value->>'downloaded_at', value->>'ended_at'
        FROM json_each(?1) WHERE true RETURNING id";
    PUT_SESSION = "UPDATE session SET job = r.value->>'job', database_name = r.value->>'database_name',
            database_id = unhex(r.value->>'database_id', '-'), incarnation = r.value->>'incarnation',
            run_id = r.value->>'run_id', from_version = r.value->>'from_version',
            to_version = r.value->>'to_version', complete = r.value->>'complete', status = r.value->>'status',
            is_open = r.value->>'is_open', try_count = r.value->>'try_count', package_id = r.value->>'package_id',
            outcomes_id = r.value->>'outcomes_id', row_count = r.value->>'row_count',
            byte_count = r.value->>'byte_count', error = r.value->>'error', created_at = r.value->>'created_at',
            available_at = r.value->>'available_at', downloaded_at = r.value->>'downloaded_at',
            ended_at = r.value->>'ended_at'
        FROM json_each(?1) AS r WHERE session.id = r.value->>'id'";

    PACKAGE = package!("job = ?1 AND from_version = ?2 AND to_version = ?3 AND complete = ?4
        AND format = ?5 AND filter = ?6");
    PACKAGE_OF = package!("id = ?1");
    CHUNK = "SELECT c.data FROM package_chunk c JOIN package p ON p.id = c.package_id
        WHERE c.package_id = ?1 AND c.ordinal = ?2 AND p.header IS NOT NULL";
    REMOVE_HALF_BUILT = "DELETE FROM package WHERE job = ?1 AND from_version = ?2 AND to_version = ?3
        AND complete = ?4 AND format = ?5 AND filter = ?6 AND header IS NULL";
    BEGIN_PACKAGE = "INSERT INTO package (job, from_version, to_version, complete, format, filter, chunk_count,
            row_count, byte_count, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, ?7)
        ON CONFLICT DO NOTHING RETURNING id";
    ADD_CHUNK = "INSERT INTO package_chunk (package_id, ordinal, data)
        SELECT id, ?2, ?3 FROM package WHERE id = ?1 AND header IS NULL";
    FINISH_PACKAGE = "UPDATE package SET header = ?2, chunk_count = ?3, row_count = ?4, byte_count = ?5
        WHERE id = ?1 AND header IS NULL";
    DELETE_PACKAGE = "DELETE FROM package WHERE id = ?1 AND NOT EXISTS
        (SELECT 1 FROM session s WHERE s.is_open = 1 AND (s.package_id = ?1 OR s.outcomes_id = ?1))";

    FIRST_CUSTOMERS = "SELECT id, record FROM customer ORDER BY id LIMIT ?1";
    CUSTOMERS_ABOVE = "SELECT id, record FROM customer WHERE id > ?1 ORDER BY id LIMIT ?2";
    CONFIGURATION_VERSION = "SELECT channel_configuration, global_configuration FROM configuration_version
        WHERE id = 1";
    CONCLUDED = "SELECT coalesce(
        (SELECT min(counter) - 1 FROM revision WHERE status = 'RECEIVED' AND database_id = ?1 AND incarnation = ?2),
        (SELECT last_counter FROM origin WHERE database_id = ?1 AND incarnation = ?2), 0)";
    MARK_DELIVERED = "UPDATE revision SET delivered_at = ?5 WHERE database_id = ?1 AND incarnation = ?2
        AND version > ?3 AND version <= ?4 AND delivered_at IS NULL";

    // The place is always given, so that the index is entered at it.
    OPERATIONS = operation!("r.status IN (SELECT value FROM json_each(?1))
            AND (?2 IS NULL OR r.status <> 'SYNCHRONIZED' OR (r.superseded IS NOT NULL) = (?2 = 1))
            AND (?3 IS NULL OR r.database_id = ?3)
            AND (?4 IS NULL OR r.channel = ?4) AND (?5 IS NULL OR r.customer_id = ?5)
            AND (r.received_at, r.database_id, r.incarnation, r.counter) < (?6, ?7, ?8, ?9)
        ORDER BY r.received_at DESC, r.database_id DESC, r.incarnation DESC, r.counter DESC LIMIT ?10");
    OPERATION = operation!("r.database_id = ?1 AND r.incarnation = ?2 AND r.counter = ?3");

    PRUNE_SESSIONS = "DELETE FROM session WHERE id IN (
        SELECT s.id FROM session s
        WHERE s.is_open = 0 AND (s.ended_at < ?1 OR (s.ended_at < ?3
            AND EXISTS (SELECT 1 FROM job_run r WHERE r.id = s.run_id AND r.cause = 'CONTINUOUS')))
        ORDER BY s.id LIMIT ?2)";
    PRUNE_RUNS = "DELETE FROM job_run WHERE id IN (
        SELECT r.id FROM job_run r
        WHERE r.status <> 'RUNNING' AND r.ended_at < ?1
            AND NOT EXISTS (SELECT 1 FROM session s WHERE s.is_open = 1 AND s.run_id = r.id)
        ORDER BY r.id LIMIT ?2)";
    PRUNE_PACKAGES = "DELETE FROM package WHERE id IN (
        SELECT p.id FROM package p
        WHERE p.created_at < ?1 AND NOT EXISTS
            (SELECT 1 FROM session s WHERE s.is_open = 1 AND (s.package_id = p.id OR s.outcomes_id = p.id))
        ORDER BY p.id LIMIT ?2)";
}
