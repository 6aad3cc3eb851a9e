#!/usr/bin/env bash
# Measures the scheduler with podium's own workloads, and writes docs/scheduler-speed.md and docs/scheduler-speed.svg.
# Needs python3, and a machine that does nothing else meanwhile.
#
#   docs/scheduler-speed.sh [PODIUM]           PODIUM: the program to measure; target/release/podium unless given
#   FROM=speed.json docs/scheduler-speed.sh    the table from figures that `podium bench scheduler --json` has written;
#                                              the plot stays as it is
#   OUT=/tmp/speed docs/scheduler-speed.sh     writes /tmp/speed.md and /tmp/speed.svg
#
# Paths are from the root of the repository. If a pod does not end where it should, nothing is written.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-docs/scheduler-speed}
json=${FROM:-}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
about="Figures of $json."
if [ -z "$json" ]; then
  podium=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/podium}")
  json=$new/speed.json
  # 1: a pod did not end where it should. The figures say which, below.
  "$podium" bench scheduler --all --json --plot "$new/speed.svg" >"$json" || [ $? = 1 ]
  cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | sed 1q)
  about="Measured with $("$podium" --version), on one core of: ${cpu:-$(uname -m)}."
fi
ABOUT=$about python3 - "$json" >"$new/speed.md" <<'PYTHON'
import json, os, sys

report = json.load(open(sys.argv[1]))
items = report["dataItems"]
# A workload that is measured in one part goes without the name of that part.
short = [i["labels"]["Name"].rsplit("/", 1)[0] for i in items]
names = [s if short.count(s) == 1 else i["labels"]["Name"] for s, i in zip(short, items)]

print("# How fast the scheduler is\n")
print("Written by `docs/scheduler-speed.sh`: what `podium bench scheduler --all` measures. " + os.environ["ABOUT"] + "\n")
print("The workloads are those of Kubernetes' scheduler_perf, as far as `scenarios/bench` has them; the threshold is upstream's,")
print("in pods a second, and the ratio is podium's figure over it. Upstream measures with an API server and etcd around its")
print("scheduler; here only the scheduler runs. [scenarios/README.md](../scenarios/README.md) says what is counted.\n")
print("| workload | nodes | pods | pods/s | CPU µs/pod | upstream threshold | ratio |")
print("|---|--:|--:|--:|--:|--:|--:|")
for name, item in zip(names, items):
    p, data = item["podium"], item["data"]
    threshold = next((v for k, v in data.items() if k.endswith("Threshold")), None)
    cells = [name, f"{p['nodes']:,}", f"{p['measured']:,}", f"{data['Average']:,.0f}", f"{p['cpuMicrosPerPod']:.2f}",
             "-" if threshold is None else f"{threshold:,g}", "-" if p["ratio"] is None else f"{p['ratio']:,.0f}"]
    print("| " + " | ".join(cells) + " |")
notes = [f"{n}: {note}" for n, i in zip(names, items) for note in i["podium"]["notes"]]
notes += [f"{s['name']} was not run: {s['reason']}" for s in report["skipped"]]
if notes:
    print("\n" + "\n".join(f"- {n}" for n in notes))
print("\n![Pods a second and processor time for each pod, against the number of nodes](scheduler-speed.svg)")
wrong = [f"{n}: {p}" for n, i in zip(names, items) for p in i["podium"]["problems"]]
sys.exit("\n".join(wrong) or None)
PYTHON
mv "$new/speed.md" "$out.md"
if [ -e "$new/speed.svg" ]; then mv "$new/speed.svg" "$out.svg"; fi
