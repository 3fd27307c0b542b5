# What the scripts for Docker Compose share. They need bash and docker, and run in the checkout.
# shellcheck shell=bash disable=SC2034 # the scripts use the variables

# shellcheck source=deploy/compose/machine.sh
. deploy/compose/machine.sh

# In the order in which they are replaced: each calls only services before it, except bookings,
# which also reads brands of the gateway.
INNER=(scim availability contacts webhooks bookings)
SERVICES=("${INNER[@]}" gateway)
SECRETS=deploy/compose/secrets
SETTINGS=deploy/compose/settings
LEAST_FREE_KB=3000000

say() { printf '%s\n' "$*"; }
fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# setting NAME DEFAULT: from the environment or the file .env, as docker compose reads it: in quotes,
# or up to a comment.
setting() {
    local line=""
    [ ! -f .env ] || line=$(grep -E "^$1=" .env | tail -n 1 || true)
    line=${line#*=}
    case $line in
    \"*\"*) line=${line#\"} line=${line%%\"*} ;;
    \'*\'*) line=${line#\'} line=${line%%\'*} ;;
    *) line=$(sed -E 's/[[:space:]]+#.*//; s/[[:space:]]+$//' <<<"$line") ;;
    esac
    printf '%s' "${!1:-${line:-$2}}"
}

VERSION=$(setting LINKTIME_VERSION "$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)")
PROJECT=$(setting COMPOSE_PROJECT_NAME linktime)
export LINKTIME_VERSION=$VERSION COMPOSE_PROJECT_NAME=$PROJECT

check_machine() {
    local folder free
    check_docker
    folder=$(docker info --format '{{.DockerRootDir}}')
    if [ -d "$folder" ]; then # not on another machine
        free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
        [ "$free" -ge $LEAST_FREE_KB ] || fail "Only $((free / 1000)) MB are free in $folder; $((LEAST_FREE_KB / 1000)) MB are needed."
    fi
}

# containers SERVICE [OPTION…]: the ids of its containers, without those of `docker compose run`.
# Works while the compose file cannot be read, because a file of secrets is missing.
containers() {
    local service=$1
    shift
    docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
        --filter "label=com.docker.compose.service=$service" \
        --filter "label=com.docker.compose.oneoff=False" "$@"
}

has_data() { docker volume inspect "${PROJECT}_postgres" >/dev/null 2>&1; }

# make_secrets FOLDER: add what this version needs, and keep what exists.
make_secrets() {
    docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$(realpath "$1"):/secrets" \
        "linktime/operator:$VERSION" deploy secrets compose /secrets >/dev/null
}

# run_once SERVICE [ARGUMENT…]: in a container of its own, removed afterwards.
run_once() { docker compose run --rm --no-deps -T "$@" </dev/null; }

# Never with --no-deps: Compose then notes another configuration, and a later `up` would replace the
# container again.
up() { docker compose --progress quiet up -d "$@"; }

# ended SERVICE: wait until its container, which does one thing and ends, has succeeded; else show why.
ended() {
    local container
    container=$(containers "$1" --all)
    [ -n "$container" ] || return 1
    [ "$(docker wait "$container")" = 0 ] || { docker logs --tail 20 "$container" >&2 && return 1; }
}

# wait_healthy CONTAINER SECONDS: returns 1 if it ends, starts again and again, or is too slow.
wait_healthy() {
    local ends=$((SECONDS + $2)) state
    while [ $SECONDS -lt $ends ]; do
        state=$(docker inspect --format \
            '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}unknown{{end}} {{.RestartCount}}' "$1")
        case "$state" in
        "running healthy "*) return 0 ;;
        exited* | dead* | *" "[3-9] | *" "[1-9][0-9]*) return 1 ;;
        esac
        sleep 0.5
    done
    return 1
}
