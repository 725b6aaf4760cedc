# Runs one server, as told on its input, and ends it when the input does: that is, when the tests end,
# even by SIGKILL. $1 is the server's directory, the rest is its command.
trap '' HUP INT TERM PIPE
directory=$1
shift
while read -r order; do
    case $order in
        START) "$@" >>"$directory/log" 2>&1 & server=$! ;;
        KILL) kill -s KILL "$server"; wait "$server" ;;
        *) kill -s "$order" "$server" ;;
    esac
    echo "$server"
    # Its number may go to another process from here on.
    [ "$order" = KILL ] && server=none
done
kill -s KILL "$server"
wait
# What it had started stands in this group, which ignores the signal only here.
kill -s TERM 0
rm -rf "$directory"
