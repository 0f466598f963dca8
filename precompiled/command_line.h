// SPDX-License-Identifier: BSD-3-Clause
//
// The same for what reads a command line.
#include <CLI/CLI.hpp>

#include "text.h"
