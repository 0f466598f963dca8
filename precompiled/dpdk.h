// SPDX-License-Identifier: BSD-3-Clause
//
// Of what uses DPDK.
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "standard.h"
