// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rte_mempool.h>

#include <array>
#include <cstdint>
#include <string>

#include "flood_search/syn_maker.h"

namespace synward::bench {

/// How long answers took, in steps of 5 %.
class DelayHistogram {
  public:
    void add(std::uint64_t cycles);
    /// Cycles that the given part of them did not exceed; 0 without any.
    [[nodiscard]] double quantile(double part) const;

  private:
    static constexpr unsigned kPlaces = 512;
    std::array<std::uint64_t, kPlaces> counts_{};
    std::uint64_t total_ = 0;
};

/// What became of SYNs at one rate.
struct Trial {
    double offered = 0;         ///< SYNs a second that were to be sent
    std::uint64_t sent = 0;     ///< that the port took
    std::uint64_t refused = 0;  ///< that found the port full: the box is behind
    std::uint64_t answered = 0;
    double seconds = 0;
    bool generator_too_slow = false;  ///< it did not come round often enough to offer that rate
    DelayHistogram delays;

    [[nodiscard]] bool lossless() const { return refused == 0 && answered == sent; }
    [[nodiscard]] double rate() const { return static_cast<double>(sent) / seconds; }
};

/// A device on which to flood, and one core that does it.
class Generator {
  public:
    /// `device` by DPDK's name, such as net_memif0.
    Generator(const std::string& device, unsigned services);

    /// Sends at `rate` for `seconds`, and waits a little for the last answers.
    Trial run(double rate, double seconds);
    /// Whether the other end is there; waits `seconds` for it.
    bool await_link(double seconds);

  private:
    void send(unsigned count, Trial& trial);
    unsigned receive(Trial& trial);

    std::uint16_t port_ = 0;
    rte_mempool* pool_ = nullptr;
    SynMaker syns_;
};

}  // namespace synward::bench
