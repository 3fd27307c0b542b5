# Replacing the containers of a service, one by one, without stopping an old one before its successor
# is healthy. For deploy/compose/upgrade.
# shellcheck shell=bash

START_SECONDS=120

# is_current SERVICE CONTAINER: whether it has the new image and was made by this upgrade, which
# also counts if an earlier attempt made it.
is_current() {
    local image made
    read -r image made < <(docker inspect --format '{{.Image}} {{.Created}}' "$2")
    [ "$image" = "$(docker image inspect --format '{{.Id}}' "linktime/$1:$VERSION")" ] && [[ "$made" > "$BEGAN" ]]
}

# give_up SERVICE CONTAINER: show why the new container does not work, and remove it.
give_up() {
    docker logs --tail 20 "$2" >&2 || true
    docker rm --force "$2" >/dev/null
    fail "The new $1 did not become healthy; its last log lines are above. The old one answers. After the repair, run this command again."
}

# current SERVICE: its new container, if any.
current() {
    local one
    for one in $(containers "$1" --all); do
        if is_current "$1" "$one"; then
            echo "$one"
            return
        fi
    done
}

# replace SERVICE: start a new container beside each old one, wait, and stop the old one.
replace() {
    local service=$1 old new count
    # An interrupted attempt leaves a container that was never started.
    for old in $(containers "$service" --all --filter status=created); do
        docker rm "$old" >/dev/null
    done
    for old in $(containers "$service"); do
        ! is_current "$service" "$old" || continue
        new=$(current "$service")
        if [ -z "$new" ]; then
            count=$(containers "$service" --all | wc -l)
            up --no-recreate --scale "$service=$((count + 1))" "$service"
            new=$(current "$service")
            [ -n "$new" ] || fail "Docker Compose made no new container of $service. The old one answers."
        fi
        wait_healthy "$new" $START_SECONDS || give_up "$service" "$new"
        docker stop "$old" >/dev/null
        docker rm "$old" >/dev/null
    done
    say "$service: replaced"
}

# The gateway has the published port, so two cannot run at once: the new one is tried without the
# port first. If it fails with the port nevertheless, the old one is started again.
replace_gateway() {
    local old new trial=$PROJECT-gateway-trial
    for old in $(containers gateway); do
        ! is_current gateway "$old" || continue
        docker rm --force "$trial" >/dev/null 2>&1 || true
        docker compose --progress quiet run -d --no-deps --name "$trial" gateway >/dev/null
        wait_healthy "$trial" $START_SECONDS || give_up gateway "$trial"
        docker rm --force "$trial" >/dev/null
        new=$(current gateway)
        if [ -z "$new" ]; then
            docker compose --progress quiet create --no-recreate --scale gateway=2 gateway
            new=$(current gateway)
            [ -n "$new" ] || fail "Docker Compose made no new container of gateway. The old one answers."
        fi
        docker stop "$old" >/dev/null
        if ! docker start "$new" >/dev/null || ! wait_healthy "$new" $START_SECONDS; then
            docker logs --tail 20 "$new" >&2 || true
            docker rm --force "$new" >/dev/null
            docker start "$old" >/dev/null
            fail "The new gateway did not become healthy; its last log lines are above. The old one was started again. After the repair, run this command again."
        fi
        docker rm "$old" >/dev/null
    done
    say "gateway: replaced"
}
