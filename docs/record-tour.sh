#!/usr/bin/env bash
# Records the tour as an animated SVG: docs/tour.svg. Needs tmux and python3.
#
#   docs/record-tour.sh [PODIUM]      PODIUM: the program to record; target/release/podium unless given
#   PODIUM_LANG=zh-CN OUT=tour.zh-CN.svg docs/record-tour.sh
#   FRAMES=/tmp/frames docs/record-tour.sh     keeps the sampled screens, for `docs/record-tour.py FRAMES still.svg --still 20`
set -euo pipefail
cd "$(dirname "$0")/.."
podium=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/podium}")
out=${OUT:-docs/tour.svg}
lang=${PODIUM_LANG:-en}
socket=podium-tour-$$
frames=${FRAMES:-$(mktemp -d)}
mkdir -p "$frames"
tm() { tmux -L "$socket" "$@"; }
trap 'tm kill-server 2>/dev/null || true; [ -n "${FRAMES:-}" ] || rm -rf "$frames"' EXIT

tm -f /dev/null new-session -d -x 100 -y 30 -s tour "$podium --lang $lang tour"
tm set-option -g status off
(
  i=0
  while tm capture-pane -e -p -t tour >"$frames/screen" 2>/dev/null; do
    mv "$frames/screen" "$frames/$(printf %05d $i)-$(date +%s%3N)"
    i=$((i + 1))
    sleep 0.4
  done
) &
sampler=$!

# wait_for TEXT SECONDS: until the screen shows it.
wait_for() {
  for _ in $(seq $(($2 * 5))); do
    if tm capture-pane -p -t tour | grep -qF -- "$1"; then return; fi
    sleep 0.2
  done
  echo "the tour did not come to: $1" >&2
  tm capture-pane -p -t tour >&2 || true
  exit 1
}
# text ID: a message of the catalogue, up to its first placeholder.
text() { sed -n "s/^$1 = //p" "sim/locales/$lang/ui.ftl" | sed 's/ *{.*//'; }
key() {
  sleep "$1"
  tm send-keys -t tour "$2"
}

wait_for "$(text ui-tour-title)" 10
key 4 Enter
wait_for "$(text ui-question-title)" 30
key 4 2
wait_for "$(text ui-summary-title)" 60
key 7 Enter
wait_for "$(text ui-panel-why)" 10
key 7 Enter
wait_for "$(text ui-your-turn)" 10
key 3 Enter
key 3 q
wait "$sampler" || true
python3 docs/record-tour.py "$frames" "$out"
