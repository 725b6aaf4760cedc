# Shared by the scripts of this folder, which source it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Prints a command, then runs it.
run() {
    printf '\n$ %s\n' "$*"
    "$@"
}
