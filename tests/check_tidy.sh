#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs clang-tidy over the product's sources by the compile commands of the build folder $1; with a
# second argument, writes a JUnit report there.
set -u
cd "$(dirname "$0")/.."
find dataplane config control bench/flood -name '*.cpp' -print0 |
    xargs -0 -n 4 -P 2 clang-tidy -p "$1" --quiet --extra-arg=-Wno-unknown-warning-option
status=$?
if [ $# -gt 1 ]; then
    failure=""
    [ $status = 0 ] || failure='<failure message="clang-tidy has findings"/>'
    echo "<testsuite name=\"tidy\"><testcase name=\"clang-tidy\">$failure</testcase></testsuite>" >"$2"
fi
exit $status
