// SPDX-License-Identifier: BSD-3-Clause
//
// The same with DPDK's.
#include "dpdk.h"
#include "text.h"
