// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "defense/service_state.h"
#include "tcp/time.h"
#include "wire/address_words.h"
#include "wire/four_tuple.h"

namespace synward::defense {

/// What the answers to all usual SYNs for one inside address and port have in common for as long as
/// a cookie epoch lasts: that which takes longest to find out about a SYN.
struct alignas(64) AnswerTemplate {
    std::uint64_t key = 0;  ///< of address and port; zero: none
    std::uint64_t stamp = 0;
    ServiceState* service = nullptr;
    ServiceFigures* figures = nullptr;
    tcp::Time known_until;       ///< until when its server needs not be asked what it offers
    std::uint16_t mss = 0;       ///< that the server offers
    std::uint16_t window = 0;    ///< of the answer, where there is room for what comes
    std::uint8_t scale = 0;      ///< of the server, or tcp::kNoWindowScale
    bool takes_options = false;  ///< the server takes SACK, timestamps and a window scale
};
static_assert(sizeof(AnswerTemplate) == 64);

/// The templates of late, found by a hash of address and port: one place for each, so that
/// another's may be found there, or one of before. Whoever finds none makes the answer in the
/// general way and leaves its template here; SYNs for more ports than there are places cost a
/// little more for it. IPv4 alone. One worker's thread.
class AnswerTemplates {
  public:
    static constexpr unsigned kPlaces = 4096;

    /// Makes all templates worthless: another epoch has begun, or another policy.
    void forget_all() { ++stamp_; }

    /// Nullptr: there is none.
    [[nodiscard]] const AnswerTemplate* find(const wire::FourTuple& tuple) const {
        const std::uint64_t key = key_of(tuple);
        const AnswerTemplate& place = places_[place_of(key)];
        return place.key == key && place.stamp == stamp_ ? &place : nullptr;
    }
    /// `made`: but for its key and stamp.
    void keep(const wire::FourTuple& tuple, const AnswerTemplate& made) {
        const std::uint64_t key = key_of(tuple);
        AnswerTemplate& place = places_[place_of(key)];
        place = made;
        place.key = key;
        place.stamp = stamp_;
    }

  private:
    static std::uint64_t key_of(const wire::FourTuple& tuple) {
        const std::uint64_t address = wire::ipv4_word(tuple.inside_address).raw();
        return address << 16U | tuple.inside_port;
    }
    static std::size_t place_of(std::uint64_t key) {
        return (key * 0x9e37'79b9'7f4a'7c15U) >> (64U - 12U);
    }
    static_assert(kPlaces == 1U << 12U);

    std::array<AnswerTemplate, kPlaces> places_{};
    std::uint64_t stamp_ = 1;
};

}  // namespace synward::defense
