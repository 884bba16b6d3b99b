#!/usr/bin/env bash
# Installs the built .deb into a clean Debian root and starts it there, so that a dependency missing from
# the package shows. The root holds what debootstrap calls minbase and what the package itself asks for;
# only the display is the host's. Needs root. Leaves a picture in target/package/window.png.
set -euo pipefail
cd "$(dirname "$0")/.."

deb=$(ls -t target/release/bundle/deb/*.deb 2>/dev/null | head -n 1 || true)
[ -n "$deb" ] || { echo "there is no .deb yet: run 'make package'" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "a clean root needs root: run 'sudo make package-test'" >&2; exit 1; }

suite=bookworm
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
  awk -v suite="$suite" '$2 == suite { print $1; exit }')
mirror=${mirror:-http://deb.debian.org/debian}
out=$PWD/target/package
root=$(mktemp -d /var/tmp/gatehouse-root.XXXXXX)
display=:97
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  sleep 1
  for mount in dev/pts dev proc; do umount -l "$root/$mount" 2>/dev/null || true; done
  # Nothing of the host may still be mounted below when the root is removed.
  if ! grep -q " $root/" /proc/mounts; then rm -rf --one-file-system "$root"; fi
}
trap cleanup EXIT
mkdir -p "$out"

echo "A clean $suite root"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$out/debootstrap.log"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
# The host's way to its mirror: certificates and apt's own settings for it.
[ -d /etc/ssl/certs ] && mkdir -p "$root/etc/ssl" && cp -rL /etc/ssl/certs "$root/etc/ssl/" 2>/dev/null || true
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
cp "$deb" "$root/tmp/gatehouse.deb"

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends /tmp/gatehouse.deb dbus >"$out/install.log"
echo "Installed: $(in_root dpkg-query -W -f '${Package} ${Version}, ${Installed-Size} KiB' gatehouse)"
in_root test -s /usr/share/doc/gatehouse/NOTICES.txt || { echo "the notices of third parties are missing" >&2; exit 1; }
missing=$(in_root ldd /usr/bin/gatehouse-desktop | grep 'not found' || true)
[ -z "$missing" ] || { echo "libraries are missing: $missing" >&2; exit 1; }

Xvfb "$display" -screen 0 1280x800x24 >/dev/null 2>&1 &
pids+=($!)
sleep 2
in_root env DISPLAY="$display" NO_AT_BRIDGE=1 XDG_RUNTIME_DIR=/tmp dbus-run-session -- gatehouse-desktop >"$out/app.log" 2>&1 &
pids+=($!)
for _ in $(seq 60); do
  window=$(DISPLAY=$display xdotool search --onlyvisible --name '^Gatehouse' 2>/dev/null | head -n 1 || true)
  # The page says when its first screen is there; the log keeps that line.
  if [ -n "$window" ] && grep -rqs 'first useful paint' "$root/root/.local/share/app.gatehouse.desktop" "$out/app.log"; then break; fi
  window=
  sleep 1
done
[ -n "$window" ] || { echo "no window came up in 60 s:" >&2; tail -n 20 "$out/app.log" >&2; exit 1; }
sleep 2
DISPLAY=$display import -window root "$out/window.png"
colours=$(identify -format '%k' "$out/window.png")
[ "$colours" -gt 20 ] || { echo "the window is blank ($colours colours): see $out/window.png" >&2; exit 1; }
echo "The window is there and drawn ($colours colours): $out/window.png"
