// SPDX-License-Identifier: BSD-3-Clause
//
// Each stage and kernel by itself, on batches as a worker has them. "cycles" are those of the time
// stamp counter for each item; "bytes" what an item has in size.
//
//     micro_bench [--filter '^table/'] [--json micro.json]
#include "support/harness.h"

int main(int argc, char** argv) {
    synward::bench::Harness harness{"What each stage of the packet path costs by itself"};
    harness.parse(argc, argv);
    return harness.run();
}
