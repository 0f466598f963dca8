#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is needed (Debian 12), builds, and runs every test. The last line says how many test
# cases passed, failed and were skipped, counted from the suites' own reports; the exit status is 0
# if none failed and every suite ran to its end.
#   tests/run.sh [SUITE...]    format, unit, deploy, instructions, lab, sanitized, threads, tidy or
#                              package; without any: all but the last two, which take minutes
set -u
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
export SYNWARD_BUILD=build

deploy/install-packages.sh || exit 1

results=build/test-results
wanted=${*:-format unit deploy instructions lab sanitized threads}
started=$(date +%s)

is_wanted() {
    case " $wanted " in *" $1 "*) ;; *) return 1 ;; esac
}

# configure FOLDER OPTION... : once; a folder that is there keeps its options.
configure() {
    folder=$1
    shift
    [ -e "$folder/build.ninja" ] || meson setup "$folder" "$@" >/dev/null || exit 1
}

# suite NAME REPORT COMMAND... : runs a suite, which leaves a JUnit report.
suite() {
    name=$1 report=$2
    shift 2
    rm -f "$report"
    echo "== $name ($(($(date +%s) - started)) s)"
    "$@" >"$results/$name.log" 2>&1
    status=$?
    echo "$name $status $report" >>"$results/suites"
    [ $status = 0 ] || tail -n 80 "$results/$name.log"
}

# meson_suite NAME FOLDER MESON-SUITE... : one run of meson's tests, built first where need be.
meson_suite() {
    name=$1 folder=$2
    shift 2
    suite "$name" "$folder/meson-logs/$name.junit.xml" \
        meson test -C "$folder" --logbase "$name" --print-errorlogs --num-processes 2 "$@"
}

# pytest_suite NAME : what lies in tests/NAME.
pytest_suite() {
    suite "$1" "$results/$1.xml" /usr/bin/python3 -m pytest -p no:cacheprovider -q \
        --junit-xml="$results/$1.xml" "tests/$1"
}

configure build
mkdir -p "$results"
: >"$results/suites"

if is_wanted format; then
    suite format "$results/format.xml" tests/check_format.sh "$results/format.xml"
fi

echo "== build"
ninja --quiet -C build || exit 1

if is_wanted tidy; then
    # Clang does not know GCC's options for link-time optimization, and looks at each source alone.
    configure build-tidy -Db_lto=false -Dunity=off
    suite tidy "$results/tidy.xml" tests/check_tidy.sh build-tidy "$results/tidy.xml"
fi
if is_wanted unit; then
    meson_suite unit build --suite unit --suite model --suite worker --suite fuzz --suite threads
fi
if is_wanted instructions; then
    meson_suite instructions build --suite instructions
fi
if is_wanted deploy; then
    pytest_suite deploy
fi
if is_wanted lab; then
    pytest_suite lab
fi
if is_wanted package; then
    pytest_suite package
fi
if is_wanted sanitized; then
    # Warnings are errors in the release build alone: instrumented code makes GCC see overflows.
    configure build-sanitized --optimization=g -Dwerror=false -Db_lto=false \
        -Db_ndebug=false -Db_sanitize=address,undefined
    # What DPDK allocates when it starts lives as long as the process.
    ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        meson_suite sanitized build-sanitized --suite unit --suite model --suite worker \
        --suite fuzz --timeout-multiplier 5
fi
if is_wanted threads; then
    configure build-threads --optimization=1 -Dwerror=false -Db_lto=false \
        -Db_sanitize=thread
    ninja --quiet -C build-threads tests/worker/threads_test || exit 1
    meson_suite threads build-threads --suite threads --no-rebuild --timeout-multiplier 5
fi

echo "== $(($(date +%s) - started)) s"
exec /usr/bin/python3 tests/count_results.py "$results/suites"
