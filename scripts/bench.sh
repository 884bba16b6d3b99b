#!/usr/bin/env bash
# Measures the figures of the README: governance, the gateway beside the published one, then start, memory and latency of
# the app, then frame times of its page.
# The page with its fake backend is served on loopback for Chromium, which the app's memory is set beside.
set -euo pipefail
cd "$(dirname "$0")/.."

# One build for all of them: another choice of packages would switch features and compile everything anew.
features=(--workspace --features custom-protocol)
governance=(--bench verdict --bench decide --bench decision --bench audit --bench verify)
cargo build --release "${features[@]}" --bins --example empty-window --bench gateway --bench desktop "${governance[@]}"

# First, while nothing else of ours runs: verdicts, decisions and the audit; then the gateway.
cargo bench "${features[@]}" "${governance[@]}"
cargo bench "${features[@]}" --bench gateway

port=${BENCH_PORT:-4178}
(cd ui && npx vite build --mode screens --logLevel error)
(cd ui && exec npx vite preview --mode screens --outDir ../target/ui-screens --port "$port" --strictPort --logLevel error) &
server=$!
trap 'kill "$server" ${display:-} 2>/dev/null || true' EXIT

BENCH_PAGE_URL="http://127.0.0.1:$port/?fake=few" cargo bench "${features[@]}" --bench desktop
# The page's frames in the desktop's own engine, then in Chromium. Only WebKit's browser needs a display.
exec 3<> <(:)
Xvfb -displayfd 3 -screen 0 1400x1000x24 >/dev/null 2>&1 &
display=$!
read -r -t 30 -u 3 number || { echo "no display: Xvfb did not start" >&2; exit 1; }
(cd ui && DISPLAY=":$number" node tests/bench/chat.mjs webkit)
(cd ui && node tests/bench/chat.mjs chromium)
