# shellcheck shell=bash
# What tests/run and .ci/run tell their reader: headings with the seconds since the start, steps, and
# the closing summary. To be sourced.

shopt -s inherit_errexit

# Colours are for a person at a terminal who has not said no (NO_COLOR).
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
    export CARGO_TERM_COLOR=always # cargo writes into a pipe of ours
else
    bold='' red='' plain=''
    export CARGO_TERM_COLOR=never
fi

steps=()      # a line of the summary for each step that has ended
step_group='' # the process group of the step that runs now

heading() {
    printf '\n%s[%4d s] %s%s\n' "$bold" "$SECONDS" "$1" "$plain"
}

die() {
    printf '%s%s%s\n' "$red" "$1" "$plain" >&2
    exit 1
}

# step NAME COMMAND...: runs the command under a heading and returns its status. It runs in a process
# group of its own, in the background, so that a signal is answered at once and ends all of it.
step() {
    local name=$1 began=$SECONDS status=0 line
    shift
    heading "$name"
    set -m
    "$@" </dev/null &
    step_group=$!
    set +m
    wait "$step_group" || status=$?
    step_group=''
    printf -v line '  %-36s %6d s' "$name" "$((SECONDS - began))"
    [[ $status == 0 ]] || line+="  ${red}failed$plain"
    steps+=("$line")
    return "$status"
}

# For EXIT traps: ends the step that was running when the script was told to stop.
stop_step() {
    [[ -n $step_group ]] || return 0
    kill -TERM -- "-$step_group" 2>/dev/null || true
    wait "$step_group" || true
    step_group=''
}

# summary LOG: the steps, then what each test program in cargo's LOG came to, then the line that CI
# reads: "N passed, N failed". A test program that died before its closing line is one failure.
# Fails unless something passed and nothing failed.
summary() {
    printf '\n%sSummary%s\n' "$bold" "$plain"
    printf '%s\n' "${steps[@]}"
    awk '
        function close_program() {
            if (program == "") return
            if (!closed) { failed++; all_failed++ }
            printf "  %-36s %6d passed %4d failed %4d ignored%s\n", program, passed, failed, ignored,
                (closed ? "" : "  (died before its end)")
            program = ""; passed = failed = ignored = closed = 0
        }
        { gsub(/\033\[[0-9;]*m/, "") }
        /^ +Running .* \(.*\)$/ {
            close_program()
            program = $0; sub(/^ +Running /, "", program); sub(/ \([^(]*\)$/, "", program)
        }
        /^ +Doc-tests / { close_program(); program = "documentation of " $2 }
        /^test result: / {
            passed += $4; failed += $6; ignored += $8; closed = 1
            all_passed += $4; all_failed += $6
        }
        END {
            close_program()
            printf "%d passed, %d failed\n", all_passed, all_failed
            exit !(all_passed > 0 && all_failed == 0)
        }
    ' "$1"
}
