// SPDX-License-Identifier: BSD-3-Clause
//
// Linked into a GoogleTest executable, starts DPDK before its first test.
#include <gtest/gtest.h>
#include <rte_eal.h>

#include "support/eal.h"

namespace synward::test {
namespace {

class EalEnvironment : public testing::Environment {
  public:
    void SetUp() override { start_eal(); }
    void TearDown() override { rte_eal_cleanup(); }
};

const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new EalEnvironment);

}  // namespace
}  // namespace synward::test
