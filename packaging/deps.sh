#!/bin/sh
# Installs what sheaf needs to be built and tested, from Debian's own packages. Silent and quick
# when nothing is missing. With the argument "demo": only what make demo needs. DEPS_DRY=1 only
# prints what is missing.
set -eu

# To build, and for the demonstration.
need='build-essential pkg-config libgmime-3.0-dev libxapian-dev libmicrohttpd-dev libsqlite3-dev
libzstd-dev libjansson-dev libssl-dev libarchive-dev libseccomp-dev
libexpat1-dev libmagic-dev libpoppler-glib-dev libytnef0-dev
libtesseract-dev libleptonica-dev
libgsasl-dev libcurl4-openssl-dev zlib1g-dev'
# To check, and for the demonstration.
# (Ghostscript and gpg make documents.)
need="$need python3 clang libclang-rt-dev pmccabe valgrind zstd openssl xapian-tools
ghostscript gpg gpg-agent tesseract-ocr tesseract-ocr-deu
dovecot-imapd dovecot-pop3d chromium debootstrap wrk systemd"

if ! command -v dpkg-query >/dev/null; then
	echo "deps: not a Debian system; please install the equals of:" $need >&2
	exit 0
fi

missing=
for p in $need; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || :) in
	installed) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ -n "${DEPS_DRY:-}" ]; then
	echo "$missing"
	exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: missing:$missing" >&2
		echo "deps: neither root nor sudo; as root run: apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi

echo "deps: installing from Debian's packages:$missing"
new_dovecot=
case $missing in *dovecot*) new_dovecot=yes ;; esac

# Packages with a service would start it. The tests start their own on loopback, so Debian's
# own switch (policy-rc.d) says no while we install, unless the machine has one already.
policy=/usr/sbin/policy-rc.d
made=
clean() { [ -z "$made" ] || $sudo rm -f "$policy"; }
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ ! -e "$policy" ]; then
	made=yes
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
fi

apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=3 "$@"
}
install() { apt install -y --no-install-recommends $missing; }

log=$(mktemp)
fetched=
if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
	apt update >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
	fetched=yes
fi
if ! install >"$log" 2>&1; then
	# The package lists may be old: fetch them and try once more.
	if [ -n "$fetched" ] || ! apt update >"$log" 2>&1 || ! install >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		echo "deps: apt-get failed (full output: $log)" >&2
		exit 1
	fi
fi
rm -f "$log"

# Not started now, and not at the next boot either.
if [ -n "$new_dovecot" ] && [ -d /run/systemd/system ]; then
	$sudo systemctl disable --quiet dovecot.socket dovecot.service 2>/dev/null || :
	echo "deps: Dovecot's own service was left off; the tests start a throw-away one"
fi
echo "deps: done"
