// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/sample.h"

namespace synward::control {

/// Tells when a service is under attack: when challenges stay unanswered. Clients that are there
/// answer theirs, however many they are.
class AttackWatch {
  public:
    /// Unanswered challenges a second from which on it is an attack.
    static constexpr double kRate = 100;
    /// For how long there must be fewer before it is over.
    static constexpr std::chrono::seconds kCalm{10};

    struct Event {
        enum class Kind : std::uint8_t { kBegins, kEnds };
        Kind kind = Kind::kBegins;
        std::string service;
        // Since it began; of kBegins, in the time in which it was noticed:
        std::uint64_t challenged = 0;
        std::uint64_t redeemed = 0;
        std::chrono::duration<double> duration{};
    };

    /// Looks at the services of the next sample and marks those under attack in it. Samples come at
    /// least a tenth of a second apart.
    std::vector<Event> look(Sample& sample);
    /// Marks those under attack as of the last look.
    void mark(Sample& sample) const;
    /// What goes on ends here, because the run does.
    std::vector<Event> finish(const Sample& sample);

  private:
    using Time = std::chrono::system_clock::time_point;
    struct Counts {
        std::uint64_t challenged = 0;
        std::uint64_t redeemed = 0;
    };
    struct Attack {
        Counts before;  ///< what was counted before it
        Time began;
        Time latest;  ///< when there was enough of it
        Counts at_latest;
    };
    struct Watched {
        Counts counts;
        std::optional<Attack> attack;
    };
    static Event end_of(const std::string& service, const Attack& attack);

    std::map<std::string, Watched> services_;
    std::optional<Time> last_;
};

}  // namespace synward::control
