// SPDX-License-Identifier: BSD-3-Clause
//
// Of what runs the box for the operator.
#include "dpdk.h"
#include "text.h"
