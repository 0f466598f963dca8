// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace synward::lab {

/// The command line of `transfer serve` and `transfer run`.
struct Options {
    std::string address;
    std::uint16_t port = 0;
    std::uint64_t download = 50'000;
    std::uint64_t upload = 5'000;
    std::uint64_t count = 1;
    std::uint64_t parallel = 1;
    double timeout_ms = 60'000;  ///< of one connection, from SYN to the last byte
    bool greet = false;          ///< serve: a banner first
    bool banner = false;         ///< run: wait for it before saying anything
};

}  // namespace synward::lab
