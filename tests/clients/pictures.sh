#!/usr/bin/env bash
# Pictures of the console for the documentation: starts the program with data of a week's use, and has Chromium draw pages.
#
#   pictures.sh [--minutes N] PROGRAM [NAME=PATH...]
#
# Writes docs/pictures/NAME.png for each, 1440 wide; a NAME that ends in -dark in the dark colours. A PATH is one of the console's; in it
# {account}, {user}, {session} and {ended} stand for one that there is. Without any, those that the documentation shows. The charts show
# the last N minutes, which are lived through (12 unless given). Needs Node, Chromium, faketime and pngquant (Debian packages), and the
# modules that ./test installs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

minutes=12
if [ "${1:-}" = --minutes ]; then minutes="$2"; shift 2; fi
program=$(realpath "${1:?which program?}")
shift
if [ $# = 0 ]; then
  set -- console=/console/ console-dark=/console/ sessions=/console/sessions session='/console/sessions/{ended}' \
    user-dark='/console/accounts/{account}/users/{user}' traffic='/console/accounts/{account}/traffic' audit=/console/audit \
    policies-dark='/console/accounts/{account}/policies'
fi

for command in node chromium faketime pngquant; do
  command -v "$command" >/dev/null || { echo "$command is not installed (Debian packages nodejs, chromium, faketime, pngquant)" >&2; exit 1; }
done
cache="${XDG_CACHE_HOME:-$HOME/.cache}/vestibule"
list=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c1-16)
modules="${VESTIBULE_CLIENTS_NODE_MODULES:-$cache/clients-node-$list/node_modules}"
[ -d "$modules" ] || { echo "the modules of tests/clients/package-lock.json are not in $modules: ./test installs them" >&2; exit 1; }

drawn=$(mktemp -d)
trap 'rm -rf "$drawn"' EXIT
env VESTIBULE_CLIENTS_NODE_MODULES="$modules" node "$here/pictures.js" "$program" "$minutes" "$drawn" "$@"

pictures="$here/../../docs/pictures"
mkdir -p "$pictures"
for picture in "$drawn"/*.png; do
  pngquant --force --strip --speed 1 --output "$pictures/$(basename "$picture")" 64 "$picture"
done
(cd "$pictures" && wc -c ./*.png)
