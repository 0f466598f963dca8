// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace synward::test {

/// Starts DPDK's environment, once in a process: no huge pages, no devices, three lcores for
/// workers on whatever processors there are. Throws std::runtime_error.
void start_eal();

/// How many workers a test may start on lcores of their own.
inline constexpr unsigned kWorkerLcores = 3;

}  // namespace synward::test
