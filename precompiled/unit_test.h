// SPDX-License-Identifier: BSD-3-Clause
//
// The same for tests.
#include <gtest/gtest.h>

#include "standard.h"
