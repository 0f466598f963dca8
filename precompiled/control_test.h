// SPDX-License-Identifier: BSD-3-Clause
//
// The same for tests of what faces the operator.
#include <gmock/gmock.h>

#include "control.h"
#include "unit_test.h"
