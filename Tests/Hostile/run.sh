#!/usr/bin/env bash
# The parts of `./dev sanitize` that break inputs and kill runs.
# usage: Tests/Hostile/run.sh hostile [SEED [COUNT [READER ...]]]
#        Tests/Hostile/run.sh kill [SEED [COUNT]]
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:-}; shift || true
flags=(-c release --explicit-target-dependency-import-check error)
for product in vlmtool hostile; do swift build "${flags[@]}" --product "$product" >&2; done
bin=$(swift build "${flags[@]}" --show-bin-path)
case "$part" in
  hostile) exec "$bin/hostile" inputs "$bin/vlmtool" "${1:-1}" "${2:-300}" "${@:3}" ;;
  kill) exec "$bin/hostile" kill "$bin/vlmtool" "${1:-1}" "${2:-20}" ;;
  *) sed -n '2,4s/^# //p' "$0" >&2; exit 64 ;;
esac
