#!/bin/sh
# Replaces rustdoc in `cargo test --doc`: it writes the documentation instead of running the examples. `cargo doc` would check all
# dependencies separately, which takes minutes. This uses the dependencies that were built for the tests.
set -eu
left=$#
while [ "$left" -gt 0 ]; do
    argument=$1
    shift
    left=$((left - 1))
    case $argument in
    --test) ;;
    --test-run-directory)
        shift
        left=$((left - 1))
        ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec rustdoc "$@" --out-dir "$OLIVINE_DOCUMENTATION"
