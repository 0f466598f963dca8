// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace synward::worker {
class Engine;
}

namespace synward::control {

/// One service, all workers together.
struct ServiceSample {
    std::size_t index = 0;  ///< in the policy in force (defense::ServiceIndex)
    std::string name;
    std::string challenge;  ///< as the policy has it
    std::string method;
    std::uint64_t budget = 0;
    std::uint64_t credits_left = 0;  ///< of the budget
    std::uint64_t syns = 0;
    std::uint64_t challenged = 0;
    std::uint64_t redeemed = 0;
    std::uint64_t failed = 0;
    std::uint64_t completed = 0;
    bool under_attack = false;
};

/// What is counted of a service, as defense::ServiceFigures has it.
struct ServiceCounter {
    std::string_view name;
    std::string_view metric;
    std::string_view text;
    std::uint64_t ServiceSample::*value;
};

inline constexpr std::array kServiceCounters{
    ServiceCounter{"syns", "service_syns_total", "SYNs of clients that were to be decided",
                   &ServiceSample::syns},
    ServiceCounter{"challenged", "challenges_issued_total",
                   "SYNs that were answered in the server's place, by a cookie or for a reset",
                   &ServiceSample::challenged},
    ServiceCounter{"redeemed", "challenges_redeemed_total",
                   "Challenges whose client has proven to be there", &ServiceSample::redeemed},
    ServiceCounter{"failed", "challenges_failed_total",
                   "ACKs of no connection whose cookie is wrong, too old or was never issued",
                   &ServiceSample::failed},
    ServiceCounter{"completed", "handshakes_completed_total",
                   "Handshakes that were completed, challenged or not", &ServiceSample::completed},
};

/// The services of the policy in force, in its order; whether they are under attack is left open.
/// On the control thread, which alone changes the policy.
std::vector<ServiceSample> services_of(const worker::Engine& engine);

}  // namespace synward::control
