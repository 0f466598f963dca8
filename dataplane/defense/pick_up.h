// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tcp/aes128.h"
#include "tcp/time.h"
#include "wire/sequence_number.h"

namespace synward::defense {

/// Connections from before the run, which are picked up once both ends have shown numbers that
/// agree. It knows for how long that goes on, remembers what servers have shown, and bounds what
/// clients may have servers asked. Sized once; where `duration` is zero it is never open and takes
/// no room. One worker's thread.
///
/// Both ends must agree because a connection that an earlier run has spliced looks like any other
/// from either side, while its ends count differently: to carry one side's numbers to the other
/// could put its data in the wrong place.
class PickUp {
  public:
    /// Servers whose numbers are remembered at one time; the latest takes another's place.
    static constexpr std::uint32_t kPlaces = 1U << 16U;
    /// A client is asked again after so long.
    static constexpr tcp::Duration kPause = std::chrono::milliseconds{100};
    /// What a server has shown counts for so long: a question's way to the client and back.
    static constexpr tcp::Duration kFresh = std::chrono::seconds{5};
    /// Questions to servers a second, of all workers, which their clients' segments lead to; as
    /// many may come at once as a tenth of a second brings.
    static constexpr std::uint32_t kQuestions = 10'000;

    /// What a segment tells of its connection.
    struct Numbers {
        wire::SequenceNumber first;              ///< of the segment
        wire::SequenceNumber next;               ///< behind it
        wire::SequenceNumber acknowledgment;     ///< what its sender waits for
        std::optional<std::uint32_t> timestamp;  ///< a server's TSval, what a client echoes of it
    };

    PickUp(tcp::Duration duration, std::uint32_t workers);

    /// A batch at `now`; the time runs from the first one.
    void begin_batch(tcp::Time now);
    /// The policy has a new service, of whose connections nothing is known: the time begins anew.
    void begin_again(tcp::Time now);
    [[nodiscard]] bool is_open() const { return is_open_; }

    /// What a server's segment shows of the connection whose tuple has the keyed hash `hash`.
    /// Whether its client is to be asked: not so soon after it was.
    bool hear(const tcp::Block& hash, const Numbers& server, tcp::Time now);
    /// What the connection's server has shown of late and `client` agrees with.
    [[nodiscard]] std::optional<Numbers> agreed(const tcp::Block& hash, const Numbers& client,
                                                tcp::Time now) const;
    /// Whether a client's segment may have its server asked now, which it then has.
    bool may_ask_server(tcp::Time now);

  private:
    struct Place {
        std::uint64_t key = 0;
        Numbers server;
        tcp::Time heard_at;
        tcp::Time asked_at;
    };
    [[nodiscard]] const Place& place_of(const tcp::Block& hash) const {
        return places_[hash.low % kPlaces];
    }

    tcp::Duration duration_;
    tcp::Duration interval_;  ///< between questions to servers, on average
    std::optional<tcp::Time> ends_at_;
    bool is_open_ = false;
    tcp::Time next_question_;
    std::vector<Place> places_;
};

}  // namespace synward::defense
