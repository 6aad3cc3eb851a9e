#!/usr/bin/env bash
# The real window, under Xvfb: opens it, presses keys, takes pictures, and closes it. Skipped aloud where Xvfb, xdotool
# or a Vulkan driver is missing.
#
#   tests/view-window.sh [PODIUM]     the binary, built with --features view; ./target/release/podium unless given
#   PODIUM_SHOTS=DIR                  keeps the pictures there
#
# `window FILE [ARGS…]` opens one, `key`, `click`, `move` and `drag` do something in it, `shot NAME` takes a picture,
# `becomes A B` waits for one that differs from A, `differ A B` demands that two differ, `closed` that the program has
# ended well.
set -uo pipefail
cd "$(dirname "$0")/.."
podium="${1:-${CARGO_TARGET_DIR:-target}/release/podium}"

skip() {
  echo "skipped: the window test ($1)"
  exit 0
}
fail() {
  echo "FAILED: $1" >&2
  [ -s "$dir/stderr" ] && sed 's/^/  stderr: /' "$dir/stderr" >&2
  exit 1
}
for tool in Xvfb xdotool xwd convert compare; do
  command -v "$tool" >/dev/null || skip "$tool is not installed"
done
[ -x "$podium" ] || skip "$podium is not there; cargo build --release --features view makes it"

dir="$(mktemp -d)"
shots="${PODIUM_SHOTS:-$dir}"
mkdir -p "$shots"
pids=()
clean() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$dir"
}
trap clean EXIT

# display: starts an X server with the first free number.
display() {
  exec 7>"$dir/number"
  Xvfb -displayfd 7 -screen 0 1920x1080x24 -nolisten tcp -noreset 2>"$dir/xvfb" &
  pids+=($!)
  for _ in $(seq 100); do
    [ -s "$dir/number" ] && break
    sleep 0.1
  done
  [ -s "$dir/number" ] || fail "Xvfb does not start"
  export DISPLAY=":$(cat "$dir/number")"
  unset WAYLAND_DISPLAY
}

# window FILE [ARGS…]: opens it and waits until it is there.
window() {
  "$podium" --lang en view "$@" >"$dir/stdout" 2>"$dir/stderr" &
  app=$!
  pids+=("$app")
  id=""
  for _ in $(seq 600); do
    id="$(xdotool search --onlyvisible --name '^podium' 2>/dev/null | head -1)"
    [ -n "$id" ] && break
    if ! kill -0 "$app" 2>/dev/null; then
      wait "$app"
      code=$?
      grep -q "no Vulkan driver" "$dir/stderr" && skip "there is no Vulkan driver"
      fail "it ended with $code before it had a window"
    fi
    sleep 0.1
  done
  [ -n "$id" ] || fail "no window came"
  xdotool windowfocus "$id" 2>/dev/null
  sleep 2
}
running() { kill -0 "$app" 2>/dev/null || fail "it ended by itself${1:+ after $1}"; }
# key KEY…: presses and lets go, with a frame between.
key() {
  for k in "$@"; do
    xdotool keydown "$k"
    sleep 0.15
    xdotool keyup "$k"
    sleep 0.35
  done
  running "key $*"
}
move() {
  xdotool mousemove --window "$id" "$1" "$2"
  sleep 0.4
}
# click X Y [BUTTON]
click() {
  move "$1" "$2"
  xdotool mousedown "${3:-1}"
  sleep 0.2
  xdotool mouseup "${3:-1}"
  sleep 0.5
  running "a click at $1 $2"
}
# drag X1 Y1 X2 Y2
drag() {
  move "$1" "$2"
  xdotool mousedown 1
  sleep 0.2
  move "$3" "$4"
  xdotool mouseup 1
  sleep 0.5
  running "a drag"
}
# shot NAME [plain]: a window of one colour is an error, unless it is to be plain.
shot() {
  xwd -silent -id "$id" 2>/dev/null | convert xwd:- "$shots/$1.png" || fail "no picture of the window"
  [ "${2:-}" = plain ] || [ "$(convert "$shots/$1.png" -unique-colors -format %w info:)" -gt 1 ] || fail "the window is empty ($1)"
}
# How many pixels differ between two pictures.
pixels() { compare -metric AE "$shots/$1.png" "$shots/$2.png" null: 2>&1 | sed 's/[^0-9].*//'; }
differ() { [ "$(pixels "$1" "$2")" != 0 ] || fail "$1 and $2 look the same"; }
# becomes OLD NEW [plain]: takes pictures until one differs from OLD; a busy machine draws late.
becomes() {
  for _ in $(seq 50); do
    shot "$2" "${3:-}"
    [ "$(pixels "$1" "$2")" != 0 ] && return
    sleep 0.2
  done
  fail "$1 and $2 look the same"
}
same() { [ "$(pixels "$1" "$2")" = 0 ] || fail "$1 and $2 differ"; }
# closed: it ends within some seconds, with 0, and has written nothing.
closed() {
  for _ in $(seq 100); do
    kill -0 "$app" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$app" 2>/dev/null && fail "it does not end"
  wait "$app"
  code=$?
  [ "$code" = 0 ] || fail "it ended with $code"
  [ ! -s "$dir/stdout" ] || fail "it wrote to standard output"
  [ ! -s "$dir/stderr" ] || fail "it wrote to standard error"
}
# close: as the window's own button does, or with Ctrl+Q where xdotool is too old for that.
close() {
  if xdotool help 2>/dev/null | grep -q windowquit; then
    xdotool windowquit "$id"
  else
    xdotool key ctrl+q
  fi
}

display

# It opens, stands still, plays, and its own button closes it.
window scenarios/lessons/k08-node-down.yaml --at 40s
shot begin
sleep 1
shot rest
same begin rest
key space
sleep 1
key space
shot later
differ begin later
close
closed
echo "ok: a window opens, plays, and closes"

# A lesson in class, by mouse and keys. Places are those of a window of 1600 × 900.
window scenarios/lessons/k08-node-down.yaml --at 40s
shot c0
drag 300 826 1100 826
becomes c0 scrubbed
key Left
becomes scrubbed back
key Right
becomes back on
click 386 450
becomes on pod
# A button under a pointer that has rested on it, as people's do.
move 1536 22
sleep 2
shot rested
xdotool mousedown 1
sleep 0.2
xdotool mouseup 1
becomes rested clicked
key l
click 1356 162
becomes pod why
key l
becomes why chinese
key F5
becomes chinese presenter
key F5 period
becomes presenter blank plain
key period
shot awake
key question
becomes awake keys
key Escape Home space
sleep 2
becomes keys played
xdotool key q
closed
echo "ok: scrubbing, steps, a pod and its why, 中文, presenter mode, the sheet of keys"

# Q closes it too, and the command line's wishes are heard.
window scenarios/lessons/k08-node-down.yaml --at 40s --dark
shot dark
differ begin dark
xdotool windowsize "$id" 1000 700
sleep 1
shot small
[ "$(convert "$shots/small.png" -format %wx%h info:)" = 1000x700 ] || fail "the window keeps its size"
xdotool key q
closed
echo "ok: it is resized, and Q closes it"
