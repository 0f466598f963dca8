#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Checks the C++ sources against .clang-format; with an argument, writes a JUnit report there.
set -u
cd "$(dirname "$0")/.."
find dataplane config control bench tests \( -name '*.h' -o -name '*.cpp' \) -print0 |
    xargs -0 clang-format --dry-run -Werror
status=$?
if [ $# != 0 ]; then
    failure=""
    [ $status = 0 ] || failure='<failure message="clang-format would change sources"/>'
    echo "<testsuite name=\"format\"><testcase name=\"clang-format\">$failure</testcase></testsuite>" >"$1"
fi
exit $status
