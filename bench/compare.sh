#!/usr/bin/env bash
# Tries what `sockscope compare` finds with real servers: two sides of three runs each, again and again, of the same server
# and of one that is slower by a share of the round trip (a busy loop, calibrated first). The runs of both sides alternate:
# a machine that is a few percent slower than it was a minute ago would otherwise look like a difference between the sides.
#
#     bench/compare.sh [TRIES [PERCENT]]        20 tries and 5 % unless told otherwise; prints a line per try and the sums
#
# Both servers share the client's CPU, so that no idle CPU has to be woken. It takes about 15 s a try.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tries=${1:-20}
percent=${2:-5}
cargo build --quiet --release
sockscope=${CARGO_TARGET_DIR:-target}/release/sockscope
home=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$home"' EXIT
cc -O2 -o "$home/slow_echo" bench/c/slow_echo.c

# The CPU that the view client-pinned takes.
cpu=$("$sockscope" bench --view solo --rounds 1 --transport unix --block 1ms --json --quiet |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["cells"][0]["placement"]["client_cpus"][0])')

serve() { # NAME NANOSECONDS
    taskset -c "$cpu" "$home/slow_echo" "$home/$1" "$2" &
    servers+=($!)
    until [[ -S $home/$1 ]]; do :; done
}

median() { # NAME: the median round trip in nanoseconds
    "$sockscope" bench "unix:$home/$1" --view client-pinned --json --quiet |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["cells"][0]["rtt_ns"]["p50"])'
}

run() { # SERVER FILE: one run against a server, always under the same name
    ln -sfn "$1" "$home/s"
    "$sockscope" bench "unix:$home/s" --view client-pinned --rounds 40 --block 30ms --quiet -o "$home/$2" >"$home/text"
}

serve same 0
base=$(median same)
delay=$((base * percent / 100))
serve slow "$delay"
echo "round trip $base ns; the slower server works $delay ns longer"

try() { # SERVER OF THE LATER SIDE: prints the verdict
    # Neither side is always the first of a pair.
    run same before1 && run "$1" after1
    run "$1" after2 && run same before2
    run same before3 && run "$1" after3
    "$sockscope" compare --json "$home"/before? -- "$home"/after? | python3 -c '
import json, sys
[cell] = [one for one in json.load(sys.stdin)["comparisons"] if one["gated"]]
print(cell["verdict"], round(cell["ratio"], 4), cell["lo"] and round(cell["lo"], 4), cell["hi"] and round(cell["hi"], 4))'
}

for server in same slow; do
    for _ in $(seq "$tries"); do echo "$server: $(try $server)"; done
done | tee "$home/tries"
for server in same slow; do
    echo "$server: $(grep "^$server" "$home/tries" | cut -d' ' -f2 | sort | uniq -c | tr -s ' \n' ' ')"
done
