#!/usr/bin/env bash
# Runs commands many times, with one, two and three threads in turn, and wants the same bytes each time.
# Arguments: the tool, the number of runs.
set -euo pipefail
tool=$1 runs=${2:-50}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
model=fixtures/tabletop-vlm frame=fixtures/images/frame.png failed=0

# What a run prints, and all files it writes.
run() {
  local threads=$1; shift
  rm -rf "$work/output"
  "$tool" "$@" --json --quiet --threads "$threads" 2>/dev/null
  [ ! -e "$work/output" ] || find "$work/output" -type f | sort | xargs sha256sum
}

repeat() {
  local first sum i
  for ((i = 0; i < runs; i++)); do
    sum=$(run $((i % 3 + 1)) "$@" | sha256sum)
    first=${first:-$sum}
    [ "$sum" = "$first" ] || { echo "DIFFERS in run $((i + 1)) with $((i % 3 + 1)) threads: $*"; failed=1; return; }
  done
  echo "$runs runs, the same bytes: $*"
}

repeat quantize $model -o "$work/output" --image $frame
repeat quantize $model -o "$work/output" --format compressed-tensors
repeat convert $model -o "$work/output"
repeat convert $model -o "$work/output" --to hf
repeat generate $model --image $frame --prompt "Describe the scene." --max-tokens 16
repeat generate $model --prompt "Go on." --max-tokens 16 --temperature 1 --seed 7
repeat probe encoder $model --data fixtures/demonstrations --frames 120 --permutations 100 \
  --target gripper --no-cache
exit $failed
