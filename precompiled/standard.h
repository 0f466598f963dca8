// SPDX-License-Identifier: BSD-3-Clause
//
// What nearly every source includes, parsed once for each target. Each source includes what it
// uses all the same: builds without precompiled headers (-Db_pch=false) have to pass.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
