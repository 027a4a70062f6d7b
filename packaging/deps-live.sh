#!/bin/sh
# Prepares the servers of tests/live that Debian's packages would not let stand beside Dovecot:
#
#	deps-live.sh [FOLDER]       FOLDER is build/servers of this checkout
#
# Cyrus is unpacked into FOLDER/cyrus, Courier installed in a system of its own, the chroot
# FOLDER/courier (root only, and debootstrap). Nothing is installed into this system, no service
# is started, nothing is run from here but apt and dpkg. Silent and quick when all is there.
# What cannot be had is said, and its tests say that they were skipped.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
top=${1:-$here/build/servers}
mkdir -p "$top"
top=$(cd "$top" && pwd)

if ! command -v apt-get >/dev/null; then
	echo "deps-live: not a Debian system; Cyrus and Courier are left out" >&2
	exit 0
fi

fail() {
	tail -n 20 "$log" >&2
	echo "deps-live: no $1; its tests will be skipped" >&2
	rm -rf "$2"
}

# apt chooses what Cyrus needs and this system has not, and checks what it fetches. Only that is
# unpacked; libraries that are here are used from here.
cyrus() {
	new=$top/cyrus.new
	rm -rf "$new"
	mkdir -p "$new/debs/partial"
	apt-get -q -y --download-only --no-install-recommends -o Debug::NoLocking=1 \
		-o APT::Sandbox::User= -o Dir::Cache::archives="$new/debs" -o Acquire::Retries=3 \
		install cyrus-imapd cyrus-pop3d sasl2-bin libsasl2-modules \
		libsasl2-modules-db || return 1
	for deb in "$new"/debs/*.deb; do
		dpkg-deb -x "$deb" "$new" || return 1
	done
	rm -rf "$new/debs"
	[ -x "$new/usr/lib/cyrus/bin/pop3d" ] && rm -rf "$top/cyrus" && mv "$new" "$top/cyrus"
}

# A small Debian from the mirror that apt uses here.
courier() {
	new=$top/courier.new
	rm -rf "$new"
	. /etc/os-release
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Component: main' |
		awk -v c="$VERSION_CODENAME" '$2 == c { print $1; exit }')
	[ -n "$mirror" ] || { echo "apt knows no mirror of $VERSION_CODENAME"; return 1; }
	debootstrap --variant=minbase "$VERSION_CODENAME" "$new" "$mirror" || return 1
	printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
	chmod 755 "$new/usr/sbin/policy-rc.d"
	chroot "$new" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o Acquire::Retries=3 install \
		courier-imap courier-pop courier-authlib-userdb msmtp-mta || return 1
	chroot "$new" apt-get clean
	chroot "$new" useradd -r -m -d /home/vmail -s /usr/sbin/nologin vmail || return 1
	rm -rf "$new"/var/lib/apt/lists/* "$new"/etc/apt/sources.list*
	rm -rf "$top/courier" && mv "$new" "$top/courier"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# What was prepared before POP3 was wanted is made anew.
if [ ! -e "$top/cyrus/usr/lib/cyrus/bin/pop3d" ]; then
	echo "deps-live: Cyrus IMAP, from Debian's packages"
	cyrus >"$log" 2>&1 || fail Cyrus "$top/cyrus.new"
fi
if [ ! -e "$top/courier/etc/courier/pop3d" ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "deps-live: no Courier: its chroot needs root; its tests will be skipped" >&2
	elif ! command -v debootstrap >/dev/null; then
		echo "deps-live: no Courier: debootstrap is missing; its tests will be skipped" >&2
	else
		echo "deps-live: Courier IMAP, in a chroot"
		courier >"$log" 2>&1 || fail Courier "$top/courier.new"
	fi
fi
