// SPDX-License-Identifier: BSD-3-Clause
//
// Of what reads a command line.
#include <CLI/CLI.hpp>

#include "text.h"
