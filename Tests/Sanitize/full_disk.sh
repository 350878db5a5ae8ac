#!/usr/bin/env bash
# Runs commands on disks of 20 sizes that are too small for what they write: exit 1 with a line, never a signal, and nothing
# half-written left under its own name. Needs root, for small file systems. Arguments: the tool.
set -euo pipefail
tool=$1
[ "$(id -u)" -eq 0 ] || { echo "full disk: needs root to make small file systems; left out"; exit 0; }
work=$(mktemp -d) failed=0 full=0
trap 'mountpoint -q "$work" && umount "$work"; rmdir "$work"' EXIT
model=fixtures/tabletop-vlm
probe=(probe encoder $model --data fixtures/demonstrations --frames 400 --permutations 100 --target gripper --quiet)

# on_disk KILOBYTES COMMAND ...: twice, for the second run finds what the first left.
on_disk() {
  local size=$1 status i; shift
  mount -t tmpfs -o size="${size}k" tmpfs "$work"
  for i in 1 2; do
    status=0
    TMPDIR=$work "$tool" "$@" >/dev/null 2>/tmp/full-disk.$$ || status=$?
    if [ $status -eq 1 ] && grep -qE '^error: .*(disk is full|the disk has)' /tmp/full-disk.$$; then full=$((full + 1))
    elif [ $status -ne 0 ]; then echo "FAILED with $status at $size kB: $*"; head -3 /tmp/full-disk.$$; failed=1
    fi
  done
  [ -z "$(find "$work" -name '*.vlmtool-partial' -type f)" ] || { echo "LEFT BEHIND at $size kB: $(ls -A "$work")"; failed=1; }
  umount "$work"
  rm -f /tmp/full-disk.$$
}

for size in 16 32 64 100 150 200 300 400 500 600 800 1000 1300 1600 2000 2500 3000 4000 6000 8000; do
  on_disk $size "${probe[@]}" --cache "$work/cache"
  on_disk $size "${probe[@]}" --no-cache --export "$work/export.h5"
  on_disk $size quantize $model -o "$work/int8" --quiet --overwrite
  on_disk $size convert fixtures/families/siglip/transformers-5 --to keras -o "$work/keras" --quiet --overwrite
done
echo "full disk: $full runs said so, the others had room"
exit $failed
