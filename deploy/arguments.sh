# shellcheck shell=bash
# Arguments of the scripts of deploy/, which read them before they do anything.

# read_arguments LEAST MOST OPTIONS "$@": the options into `options`, the others into `words`. OPTIONS are
# a pattern, such as "--yes|--reconcile". --help prints the comment at the beginning of the script.
read_arguments() {
    local least=$1 most=$2 known=$3 argument
    shift 3
    options='' words=()
    for argument in "$@"; do
        case $argument in
        -h | --help)
            sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
            exit
            ;;
        -*)
            [[ $argument = @($known) ]] || refuse_argument "$argument"
            options+=" $argument"
            ;;
        *)
            [ -n "$argument" ] && [ ${#words[@]} -lt "$most" ] || refuse_argument "$argument"
            words+=("$argument")
            ;;
        esac
    done
    [ ${#words[@]} -ge "$least" ] || misused "needs a folder"
}

# given OPTION: whether it is among the arguments.
given() { [[ "$options " = *" $1 "* ]]; }

refuse_argument() { misused "does not accept \"$1\""; }

misused() {
    printf 'Error: %s %s: see %s --help.\n' "$0" "$1" "$0" >&2
    exit 2
}
