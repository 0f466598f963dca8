#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Builds and runs every benchmark and makes the page of their figures: under ten minutes on two quiet
# cores. As root for huge pages and for the kernel's SYN proxy; what cannot be run is left out.
#   bench/run.sh [--quick] [FOLDER]    FOLDER for figures and page: build/bench-results by default
#     --quick   one short repetition of each: to see that all of it runs, not for its figures
set -eu
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1

quick=""
[ "${1:-}" != --quick ] || { quick=yes && shift; }
results=$(realpath -m "${1:-build/bench-results}")
build=${SYNWARD_BUILD:-build}
export SYNWARD_BUILD="$build"
[ -e "$build/build.ninja" ] || meson setup "$build" >/dev/null
ninja --quiet -C "$build" synward synward-flood bench/micro/micro_bench bench/mac/mac_bench \
    bench/flow/table_bench bench/path/path_bench bench/flood_search/flood_search
mkdir -p "$results"
rm -f "$results"/*.json "$results"/*.svg "$results"/index.html
started=$(date +%s)

# Huge pages for the worker loop: what the largest table needs, given back at the end.
pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
had=$(cat $pages 2>/dev/null || echo 0)
give_back() { [ ! -w $pages ] || echo "$had" >$pages; }
trap give_back EXIT
trap 'exit 130' INT TERM HUP
wanted=1200
[ ! -w $pages ] || [ "$had" -ge $wanted ] || echo $wanted >$pages

repeat="" reports="--runs 5 --seconds 0.5" rounds="--rounds 5 --seconds 2"
if [ -n "$quick" ]; then
    repeat="--repetitions 1 --seconds 0.01"
    reports="--runs 1 --seconds 0.2" rounds="--rounds 1 --seconds 1"
fi

# bench NAME PROGRAM OPTION... : one run of a benchmark, its figures as NAME.json.
bench() {
    name=$1 program=$2
    shift 2
    echo "== $name ($(($(date +%s) - started)) s)"
    # shellcheck disable=SC2086  # words are wanted
    "$build/bench/$program" $repeat --json "$results/$name.json" "$@" >"$results/$name.log" 2>&1 ||
        { tail -n 5 "$results/$name.log" && failed="${failed:-} $name"; }
}

some='^(floor/touch|syn_answered/linux|ack_flood|data)'
bench micro micro/micro_bench ${quick:+--filter=-16777216}
bench mac mac/mac_bench
bench table flow/table_bench ${quick:+--filter=-16777216}
bench path path/path_bench
bench path-1Ki path/path_bench --flows 1024 --filter "$some"
bench path-64Ki path/path_bench --flows 65536 --filter "$some"
[ -n "$quick" ] || {
    bench path-16Mi path/path_bench --flows 16777216 --filter "$some"
    bench pages-4KiB path/path_bench --small-pages --filter "$some"
}
for services in 1 10 100 1000 10000; do
    bench "services-$services" path/path_bench --flows 65536 --services $services \
        --filter '^(floor/touch|syn_answered/linux|ack_flood|data/spliced)'
done
for workers in 1 2; do
    bench "workers-$workers" path/path_bench --workers $workers --flows 131072 \
        --filter '^(floor/touch|syn_answered/linux|ack_flood|data/spliced|mixed)'
done
# Two processes that share nothing at the same time: what the machine's own cores scale to.
for core in 0 1; do
    bench "apart-$core" path/path_bench --core $core --flows 131072 \
        --filter '^(floor/touch|syn_answered/linux|data/spliced)' &
done
wait
give_back

echo "== flood ($(($(date +%s) - started)) s)"
# shellcheck disable=SC2086
bench/flood_search/flood_search.py $reports --json "$results/flood.json" ||
    failed="${failed:-} flood"
echo "== synproxy ($(($(date +%s) - started)) s)"
# shellcheck disable=SC2086
/usr/bin/python3 bench/peers/synproxy.py $rounds --json "$results/synproxy.json" ||
    failed="${failed:-} synproxy"

echo "== page ($(($(date +%s) - started)) s)"
/usr/bin/python3 bench/report/make_report.py "$results"
[ -z "${failed:-}" ] || { echo "failed:$failed" >&2 && exit 1; }
