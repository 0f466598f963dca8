// SPDX-License-Identifier: BSD-3-Clause
//
// Of tests without DPDK.
#include <gtest/gtest.h>

#include "standard.h"
