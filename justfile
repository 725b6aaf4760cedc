# Short names for the scripts in .ci, which need no just: `just test` is `.ci/test-fast`.
# `.ci/tool just` fetches just itself into target/tools.

# Lists the recipes
default:
    @{{ just_executable() }} --list

# Tests that take seconds once built: no server, no browser, no network
test:
    .ci/test-fast

# Every test: starts MongoDB servers and a browser
test-all:
    cargo test --workspace

# All that CI runs; `just ci --install` also installs missing system packages
ci *options:
    .ci/run {{ options }}

# Formatting, spelling, doc summaries, dependencies; compiles nothing of the workspace
check:
    .ci/check

# Clippy, with few features and with all
lint:
    .ci/lint

# Every set of features of the libraries
features:
    .ci/features

# Compares the public API with docs/api; `just api --bless` writes it anew
api *options:
    .ci/public-api {{ options }}

# The minimum supported Rust version; `just msrv --build` compiles with it
msrv *options:
    .ci/msrv {{ options }}

# Security advisories of the dependencies; clones their database from GitHub
advisories:
    .ci/advisories

# Documentation of every public item
docs:
    .ci/docs
