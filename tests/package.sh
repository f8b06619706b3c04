#!/usr/bin/env bash
# Installs a Debian package of Vestibule as an operator would, starts what it installed, and purges it; in a copy of the file
# system that is thrown away, with a network of its own. Root only.
#
#   tests/package.sh vestibule_0.2.0-1_amd64.deb
set -euo pipefail

# The settings of whoever runs the tests are not those of the package.
unset "${!VESTIBULE_@}"

package=$(realpath "${1:?which package?}")

# Everything below runs in namespaces of its own: nothing of it is seen outside, and it goes with the last process.
if [ "${2:-}" != inside ]; then
  exec unshare --mount --mount-proc --net --pid --fork --kill-child "$0" "$package" inside
fi

fail() { echo "FAILED: $*" >&2; exit 1; }

# The file system as it is, with a layer over it that takes all changes.
layer=$(mktemp -d)
mount -t tmpfs layer "$layer"
mkdir "$layer/changes" "$layer/work" "$layer/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/changes,workdir=$layer/work" "$layer/root"
root=$layer/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs run "$root/run"
mount -t tmpfs tmp "$root/tmp"
cp "$package" "$root/tmp/vestibule.deb"
in_root() { chroot "$root" "$@"; }
python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))' # SIOCSIFFLAGS: lo is up

rm -rf "$root/etc/vestibule" "$root/var/lib/vestibule"
in_root dpkg --install --force-depends /tmp/vestibule.deb >"$layer/install.log" 2>&1 || { cat "$layer/install.log"; fail "it cannot be installed"; }

is() { # what, found, expected
  [ "$2" = "$3" ] || fail "$1 is '$2' and not '$3'"
}
is "the version" "$(in_root vestibule --version)" "vestibule $(dpkg-deb --field "$package" Version | cut -d- -f1)"
is "the data directory" "$(in_root stat -c '%U %G %a' /var/lib/vestibule)" "vestibule vestibule 700"
is "the service's shell" "$(in_root getent passwd vestibule | cut -d: -f7)" /usr/sbin/nologin
in_root vestibule config check --config /etc/vestibule/vestibule.toml >/dev/null || fail "its configuration is refused"
in_root test -e /etc/systemd/system/multi-user.target.wants/vestibule.service || fail "the service is not enabled"
unit=$(in_root dpkg --listfiles vestibule | grep 'vestibule\.service$') || fail "there is no unit"
if command -v systemd-analyze >/dev/null; then
  in_root systemd-analyze verify "$unit" 2>"$layer/unit.log" || { cat "$layer/unit.log"; fail "systemd refuses the unit"; }
  ! grep vestibule "$layer/unit.log" || fail "systemd has something against the unit"
fi

# What the unit starts, as the unit's user; there is no systemd in here.
as_service() { in_root runuser -u vestibule -- "$@"; }
start() {
  as_service vestibule serve --config /etc/vestibule/vestibule.toml >"$layer/out" 2>"$layer/err" &
  service=$!
  for _ in $(seq 600); do
    if in_root vestibule healthcheck --ready --config /etc/vestibule/vestibule.toml 2>/dev/null; then return; fi
    sleep 0.1
  done
  cat "$layer/err"
  fail "it does not answer"
}
stop() {
  pkill -TERM -x vestibule
  wait "$service" || fail "it ends with an error"
}

start
is "the first owner's file" "$(in_root stat -c '%U %a' /var/lib/vestibule/first-owner.txt)" "vestibule 600"
in_root install -d -o vestibule /var/backups/vestibule
as_service vestibule backup /var/backups/vestibule/vestibule.db --config /etc/vestibule/vestibule.toml >/dev/null || fail "no backup"
stop

echo "# by an operator" >>"$root/etc/vestibule/vestibule.toml"
in_root dpkg --install --force-depends /tmp/vestibule.deb >/dev/null 2>&1 || fail "it cannot be installed again"
is "the operator's line" "$(in_root tail -n 1 /etc/vestibule/vestibule.toml)" "# by an operator"
start
stop

in_root dpkg --remove vestibule >/dev/null 2>&1 || fail "it cannot be removed"
! in_root test -e /usr/bin/vestibule || fail "the program is left after a removal"
in_root test -e /etc/vestibule/vestibule.toml || fail "the configuration does not outlive a removal"
in_root dpkg --purge vestibule >"$layer/purge.log" 2>&1 || fail "it cannot be purged"
! in_root test -e /etc/vestibule || fail "the configuration is left after a purge"
in_root test -e /var/lib/vestibule/master.key || fail "a purge takes the master key"
grep -q "is kept" "$layer/purge.log" || fail "a purge does not say that the data is kept"

echo "$(basename "$package"): installed, started, installed again, removed and purged"
