# shellcheck shell=bash
# A private PostgreSQL server for one run of the tests. To be sourced after report.sh.
#
# It is set up as durable as the program demands of a server (fsync, synchronous_commit and
# full_page_writes on) and runs on flush_counter.so, so that a test can count its flushes.

postgres_pid=''
postgres_port=''

# postgres_start BIN DIR SHIM: makes a cluster in DIR, an empty folder of ours, and starts the server
# with the library SHIM under it. Sets postgres_port; DIR/flushes is the count, DIR/log the log.
# To be called in the main shell, which the server does not outlive.
postgres_start() {
    local bin=$1 dir=$2 shim=$3

    # The folder and all in it are the server's user's. PostgreSQL refuses to run as root.
    cp "$shim" "$dir/flush_counter.so" # where that user can read it, wherever the work tree is
    head --bytes=8 /dev/zero >"$dir/flushes"
    # Should this shell be killed so that no trap runs, the server is told to go (QUIT: at once).
    local as_user=(setpriv --pdeathsig QUIT)
    if [[ $EUID == 0 ]]; then
        local user=nobody
        ! id postgres >/dev/null 2>&1 || user=postgres
        as_user+=("--reuid=$user" "--regid=$(id --group "$user")" --clear-groups)
        chown --recursive "$user:" "$dir"
    fi
    as_user+=(env --chdir="$dir")

    # A collation as most servers have it, in which byte order is not the order: what relies on byte
    # order must say so (COLLATE "C").
    "${as_user[@]}" "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --no-sync \
        --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$dir/initdb.log" 2>&1 ||
        die "initdb failed:"$'\n'"$(<"$dir/initdb.log")"
    "${as_user[@]}" tee --append "$dir/data/postgresql.conf" >/dev/null <<-CONFIGURATION
		fsync = on
		synchronous_commit = on
		full_page_writes = on
		wal_sync_method = fdatasync # the one of Linux, and one that flush_counter.so sees
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir'
		max_connections = 200
		shared_buffers = 256MB
		log_line_prefix = '%m [%p] %d '
	CONFIGURATION

    # Asking for a free port and then taking it leaves a gap for another run; so take one and see.
    # Below the range that the kernel gives to outgoing connections.
    local attempt
    for attempt in {1..20}; do
        postgres_port=$((RANDOM % 20000 + 12000))
        set -m # a group of its own: Ctrl-C is for the tests, the server goes last
        "${as_user[@]}" LD_PRELOAD="$dir/flush_counter.so" CSU_FLUSH_COUNTER="$dir/flushes" \
            "$bin/postgres" -D "$dir/data" -p "$postgres_port" </dev/null >"$dir/log" 2>&1 &
        postgres_pid=$!
        set +m
        if postgres_wait "$dir"; then
            postgres_check_counter "$dir"
            return
        fi
        postgres_pid=''
        grep --quiet 'Address already in use' "$dir/log" || break
    done
    die "PostgreSQL did not start (attempt $attempt):"$'\n'"$(tail -n 20 "$dir/log")"
}

# Until the server says in its own folder that it is ready: another's may answer on the port.
postgres_wait() {
    while kill -0 "$postgres_pid" 2>/dev/null; do
        [[ $(sed -n 8p "$1/data/postmaster.pid" 2>/dev/null) != ready* ]] || return 0
        sleep 0.05
    done
    return 1
}

# A starting server flushes; a count of nothing means that nothing is counted.
postgres_check_counter() {
    [[ $(od --address-radix=n --format=u8 "$1/flushes") -gt 0 ]] ||
        die "flush_counter.so counts nothing under PostgreSQL:"$'\n'"$(head -n 5 "$1/log")"
}

# At once and without a last checkpoint: the cluster is thrown away.
postgres_stop() {
    [[ -n $postgres_pid ]] || return 0
    kill -QUIT "$postgres_pid" 2>/dev/null || true
    wait "$postgres_pid" || true
    postgres_pid=''
}
