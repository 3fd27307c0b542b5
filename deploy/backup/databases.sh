# shellcheck shell=bash
# Dump and load of the services' databases: for deploy/backup/dump and load, deploy/compose/backup and
# restore. Needs the commands psql, pg_dump and pg_restore, or functions of these names, and bash 4.4.

# Copies before their owners: what a copy lacks, the owner's events bring after a restore; what an owner
# lacks would have to be removed from the copies.
readonly SERVICES=(webhooks contacts gateway availability bookings scim)
readonly FORMAT=1
readonly ANSWER_SECONDS=60

declare -A session_in session_out
work='' partial=''
trap clean_up EXIT
trap '' PIPE # a session that ends is noticed when its answer is read

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

clean_up() {
    local service
    for service in "${!session_in[@]}"; do
        echo '\q' >&"${session_in[$service]}" || true
    done 2>/dev/null
    [ -z "$work" ] || rm -rf "$work"
    [ -z "$partial" ] || rm -rf "$partial"
}

# ask DATABASE STATEMENT: the answer, without headings.
ask() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$1" --command="$2" </dev/null
}

# The version of the images that Compose uses. Everything is read: Compose fails if its reader ends early.
image_version() {
    local image
    image=$(docker compose --profile tools config --images | grep linktime/operator | sort --unique)
    echo "${image##*:}"
}

# begin_set FOLDER: a new folder of the name in `partial`, which only `finish_set` gives its own name.
begin_set() {
    umask 077
    [ ! -e "$1" ] || fail "$1 exists: name a folder that does not."
    [ -d "$(dirname "$1")" ] || fail "$(dirname "$1") is not a folder."
    mkdir "$1.partial" || fail "Another backup writes $1, or was interrupted: remove $1.partial then."
    partial=$1.partial
    echo "format $FORMAT" >"$partial/manifest"
}

# finish_set FOLDER: with checksums, which `check_set` compares.
finish_set() {
    (cd "$partial" && sha256sum -- * >SHA256SUMS && sync -- * .)
    mv --no-target-directory "$partial" "$1"
    partial=''
}

# check_set FOLDER: the backup is complete and unchanged.
check_set() {
    local folder=$1 service
    [ -f "$folder/manifest" ] && [ -f "$folder/SHA256SUMS" ] \
        || fail "$folder is no complete backup: it has no manifest or no SHA256SUMS."
    (cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS >&2) \
        || fail "$folder is damaged: use another backup."
    [ "$(manifest "$folder" format)" = "$FORMAT" ] \
        || fail "$folder has a format that this version cannot read."
    for service in "${SERVICES[@]}"; do
        [ -n "$(manifest "$folder" "database $service")" ] && [ -f "$folder/$service.dump" ] \
            || fail "$folder is no complete backup: it has no database of $service."
    done
}

# manifest FOLDER NAME: the value in the line that begins with the name.
manifest() { sed -n "s/^$2 //p" "$1/manifest"; }

# needed_bytes FOLDER: what the databases of a backup take once they are loaded.
needed_bytes() { awk '$1 == "database" { sum += $3 } END { printf "%d\n", sum }' "$1/manifest"; }

table_count() { ask "linktime_$1" "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"; }

# A session of each database shows the state of one moment until its dump is made: the moments are
# milliseconds apart, however long the dumps take.
open_sessions() {
    local service in out
    work=$(mktemp -d)
    for service in "${SERVICES[@]}"; do
        mkfifo "$work/$service.in" "$work/$service.out"
        psql --no-psqlrc --quiet --tuples-only --no-align --dbname="linktime_$service" \
            <"$work/$service.in" >"$work/$service.out" &
        exec {in}>"$work/$service.in" {out}<"$work/$service.out"
        session_in[$service]=$in session_out[$service]=$out
    done
    for service in "${SERVICES[@]}"; do
        in_session "$service" "SET idle_in_transaction_session_timeout = 0; SELECT 'connected';" >/dev/null
    done
}

# in_session SERVICE STATEMENTS: the one line that they answer.
in_session() {
    local answer
    if ! echo "$2" >&"${session_in[$1]}" || ! read -r -t "$ANSWER_SECONDS" answer <&"${session_out[$1]}"; then
        fail "The database linktime_$1 does not answer."
    fi
    echo "$answer"
}

# dump_databases: <service>.dump of each, and their lines of the manifest.
dump_databases() {
    local service number=0 first taken
    local -A snapshot
    open_sessions
    for service in "${SERVICES[@]}"; do
        snapshot[$service]=$(in_session "$service" \
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();")
    done
    first=${SERVICES[0]}
    taken=$(in_session "$first" "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"');")
    echo "taken $taken" >>"$partial/manifest"
    echo "postgres $(in_session "$first" 'SHOW server_version;')" >>"$partial/manifest"
    for service in "${SERVICES[@]}"; do
        number=$((number + 1))
        say "[$SECONDS s] Dumping database $number of ${#SERVICES[@]}: $service"
        echo "database $service $(ask "linktime_$service" 'SELECT pg_database_size(current_database())')" \
            >>"$partial/manifest"
        pg_dump --format=custom --snapshot="${snapshot[$service]}" --dbname="linktime_$service" \
            </dev/null >"$partial/$service.dump"
    done
}

# load_databases FOLDER: into empty databases, whose owners own everything in them then.
load_databases() {
    local folder=$1 service owner number=0
    for service in "${SERVICES[@]}"; do
        number=$((number + 1))
        say "[$SECONDS s] Loading database $number of ${#SERVICES[@]}: $service"
        owner=$(ask "linktime_$service" \
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --no-comments \
            --role="$owner" --dbname="linktime_$service" <"$folder/$service.dump"
        ask "linktime_$service" "SET client_min_messages = error; ANALYZE"
    done
}
