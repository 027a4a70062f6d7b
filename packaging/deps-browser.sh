#!/bin/sh
# Fetches axe-core, which tests/browser judges the pages by, from the npm registry:
#
#	deps-browser.sh [FOLDER]       FOLDER is build/browser of this checkout
#
# One file and its licence (MPL-2.0), checked by its sum; nothing of it is part of sheaf. Silent
# and quick when it is there. What cannot be had is said, and its test says that it was skipped.
set -eu

version=4.14.1
sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

here=$(cd "$(dirname "$0")/.." && pwd)
top=${1:-$here/build/browser}
mkdir -p "$top"
cd "$top"

good() { [ -f axe.min.js ] && echo "$sum  axe.min.js" | sha256sum -c --status; }
good && exit 0

if ! command -v npm >/dev/null; then
	echo "deps-browser: npm is not installed; the accessibility test will be skipped" >&2
	exit 0
fi
new=$(mktemp -d "$top/new.XXXXXX")
trap 'rm -rf "$new"' EXIT
if (cd "$new" && npm pack --silent "axe-core@$version" >log 2>&1 && tar -xzf axe-core-*.tgz); then
	mv "$new/package/axe.min.js" "$new/package/LICENSE" "$top/"
else
	tail -n 5 "$new/log" >&2
fi
if ! good; then
	rm -f axe.min.js
	echo "deps-browser: no axe-core; the accessibility test will be skipped" >&2
fi
