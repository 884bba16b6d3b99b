#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs, where they are missing.
#   scripts/system-packages.sh run       to build the app and open its window
#   scripts/system-packages.sh test      to test it: a display, a notification daemon, a keyring, browsers
#   scripts/system-packages.sh package   to build and try the .deb and .rpm
# On Debian and Ubuntu it installs with apt-get (through sudo when not root). On anything else it says
# exactly what is missing, because package names differ and a guess could break a machine.
set -euo pipefail

run=(build-essential pkg-config libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev
  libayatana-appindicator3-dev libayatana-appindicator3-1 dbus)
test=("${run[@]}" dbus-x11 xvfb openbox dunst gnome-keyring webkit2gtk-driver chromium imagemagick
  xdotool x11-utils libnotify-bin libglib2.0-bin fonts-dejavu-core fonts-inter fonts-noto-color-emoji adwaita-icon-theme python3)
package=("${run[@]}" rpm fakeroot debootstrap xvfb)

case "${1:-}" in
  run) wanted=("${run[@]}") ;;
  test) wanted=("${test[@]}") ;;
  package) wanted=("${package[@]}") ;;
  *) echo "usage: $0 run|test|package" >&2; exit 2 ;;
esac

# tool VERSION WANTED WHERE: says what is missing or too old, and where to get it.
need() {
  if [ -z "$2" ]; then
    echo "Gatehouse needs $1 $3 or later ($4): it is not on the PATH." >&2
    exit 1
  fi
  if [ "$(printf '%s\n' "$3" "$2" | sort -V | head -n 1)" != "$3" ]; then
    echo "Gatehouse needs $1 $3 or later ($4): this is $2." >&2
    exit 1
  fi
}
need Rust "$(rustc --version 2>/dev/null | awk '{ print $2 }')" 1.95 https://rustup.rs
need Cargo "$(cargo --version 2>/dev/null | awk '{ print $2 }')" 1.95 https://rustup.rs
need Node "$(node --version 2>/dev/null | tr -d v)" 20.19 https://nodejs.org
need npm "$(npm --version 2>/dev/null)" 9 https://nodejs.org

if [ "$(uname -s)" != Linux ]; then
  [ "$1" = run ] && exit 0  # macOS and Windows bring their own web view
  echo "The tests drive a Linux desktop (Xvfb, dunst, gnome-keyring, WebKitWebDriver). Run them on Debian or Ubuntu." >&2
  exit 1
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not Debian or Ubuntu, so nothing was installed. Needed, by their Debian names:" >&2
  printf '  %s\n' "${wanted[@]}" >&2
  echo "Install what your system calls them, then run again with SYSTEM_PACKAGES=skip." >&2
  [ "${SYSTEM_PACKAGES:-}" = skip ] && exit 0
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  # Ubuntu's chromium is a snap behind a transitional package; any real browser of that name will do.
  if [ "$package" = chromium ] && command -v chromium >/dev/null; then continue; fi
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and there is neither root nor sudo to install them:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    echo "As root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing system packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
