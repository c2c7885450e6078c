#!/bin/sh
# Stands in for rustdoc where `cargo test --doc` starts it: writes the documentation instead of running the examples in it.
# `cargo doc` would have the dependencies checked for itself, which takes minutes; here they are those that the tests were built with.
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
