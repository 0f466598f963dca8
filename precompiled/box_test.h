// SPDX-License-Identifier: BSD-3-Clause
//
// Of tests that run a box.
#include "dpdk.h"
#include "unit_test.h"
