// SPDX-License-Identifier: BSD-3-Clause
//
// Of tests of control/.
#include <gmock/gmock.h>

#include "control.h"
#include "unit_test.h"
