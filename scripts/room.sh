#!/usr/bin/env bash
# Says before a long build, and not in its middle, that the disk has no room for it. A linker that finds the disk full
# only says "Bus error".
#   scripts/room.sh GIGABYTES   what is built from nothing comes to
set -euo pipefail

wanted=${1:?usage: $0 GIGABYTES}
folder=${CARGO_TARGET_DIR:-target}
mkdir -p "$folder"
# What was built before is most of it.
[ -e "$folder/debug/deps" ] && exit 0
free=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1048576) }')
[ "$free" -ge "$wanted" ] && exit 0
echo "The disk of $folder has $free GB of room; building and running all tests takes about $wanted." >&2
echo "Make some, or name a folder on another disk: CARGO_TARGET_DIR=/elsewhere make test" >&2
exit 1
