# shellcheck shell=bash
# Installs what the tests and checks need, when it is missing. To be sourced after report.sh.
#
# Nothing is skipped: what can't be installed (not root, no network) ends the run with the command to
# give by hand. Everything but Debian's packages goes to target/tools, a folder for each version, so
# that a new pin installs anew and `cargo clean` removes all of it.

readonly GRPCURL_VERSION=1.9.4
readonly CARGO_DENY_VERSION=0.20.2
BUF_VERSION=$(sed -n 's/.*"@bufbuild\/buf": "\(.*\)".*/\1/p' tests/tools/package.json)
readonly BUF_VERSION

tools=$PWD/target/tools

# provide NAME PROGRAM COMMAND: prints the path of PROGRAM in target/tools/NAME. When it is not there,
# the shell command installs it, with {dir} in it standing for that folder.
provide() {
    local dir=$tools/$1 program=$2 command=$3
    mkdir -p "$tools"
    (
        flock 9 # another run in this work tree may be installing the same
        [[ ! -x $dir/$program ]] || exit 0
        echo "installing $1" >&2
        # Built beside its place and moved into it: an interrupted install leaves nothing half done.
        rm -rf "$dir" "$dir.part"
        bash -c "${command//\{dir\}/$dir.part}" 9>&- >&2 && [[ -x $dir.part/$program ]] ||
            die "$1 is missing and could not be installed. By hand, in this folder: ${command//\{dir\}/$dir}"
        mv "$dir.part" "$dir"
    ) 9>"$tools/lock" || return
    echo "$dir/$program"
}

provide_grpcurl() {
    provide "grpcurl-$GRPCURL_VERSION" grpcurl \
        "GOBIN='{dir}' go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v$GRPCURL_VERSION"
}

provide_buf() {
    # The binary is inside the package for the platform: no install script has to run.
    provide "buf-$BUF_VERSION" node_modules/.bin/buf \
        "mkdir -p '{dir}' && cp tests/tools/package*.json '{dir}' && npm ci --ignore-scripts --loglevel=error --prefix '{dir}'"
}

provide_cargo_deny() {
    provide "cargo-deny-$CARGO_DENY_VERSION" bin/cargo-deny \
        "cargo install --quiet --locked cargo-deny --version $CARGO_DENY_VERSION --root '{dir}'"
}

# Compiles flush_counter.c (which tells what it is for) and prints the library's path.
provide_flush_counter() {
    local source=tests/tools/flush_counter.c library=$tools/flush_counter.so
    mkdir -p "$tools"
    if [[ ! $library -nt $source ]]; then
        command -v cc >/dev/null || debian_packages gcc libc6-dev
        cc -std=c11 -O2 -Wall -Wextra -Werror -shared -fPIC -o "$library.$$" "$source" ||
            die "$source does not compile"
        mv "$library.$$" "$library"
    fi
    echo "$library"
}

# Prints the folder with initdb and postgres: that of the PATH, or else Debian's newest, which keeps
# them off the PATH.
provide_postgres() {
    local initdb
    initdb=$(find_initdb)
    if [[ -z $initdb ]]; then
        debian_packages postgresql
        initdb=$(find_initdb)
    fi
    [[ -n $initdb ]] || die "Debian's postgresql is installed, but there is no /usr/lib/postgresql/*/bin/initdb"
    dirname "$initdb"
}

find_initdb() {
    command -v initdb ||
        find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort --version-sort | tail -n 1 || true
}

provide_shellcheck() {
    command -v shellcheck || { debian_packages shellcheck && command -v shellcheck; }
}

# provide_component NAME COMMAND...: the toolchain's component, unless the command already works.
provide_component() {
    "${@:2}" >/dev/null 2>&1 || rustup component add "$1" >&2 ||
        die "The toolchain's $1 is missing and could not be installed. By hand: rustup component add $1"
}

debian_packages() {
    local install=(apt-get install --yes --no-install-recommends "$@")
    echo "installing Debian's $*" >&2
    # Tried with the package lists at hand; where there are none, or old ones, they are fetched first.
    if [[ $EUID != 0 ]] || ! {
        export DEBIAN_FRONTEND=noninteractive
        "${install[@]}" || { apt-get update && "${install[@]}"; }
    } >&2; then
        die "Debian's $* could not be installed. By hand, as root: apt-get update && ${install[*]}"
    fi
}
