// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "defense/defender.h"
#include "micro/frames.h"
#include "support/table_memory.h"

namespace synward::bench {

/// What decides, with a table that has few flows and a policy of 1,000 services.
class Subject {
  public:
    explicit Subject(defense::Challenge challenge)
        : generation_{policy_for(challenge)},
          defender_{generation_, table_, connecting_, hasher_, {.cookie_secret = {7, 8, 9}}, now_} {
        defender_.begin_batch(now_);
    }
    defense::Verdict decide(Frames& frames, std::uint32_t number) {
        const wire::Segment& segment = frames.segment(number);
        const tcp::Block hash = hasher_(segment.tuple);
        return decide(frames, number, hash, table_.find(segment.tuple, hash));
    }
    defense::Verdict decide(Frames& frames, std::uint32_t number, const tcp::Block& hash,
                            flow::Flow* flow) {
        return defender_.decide({.segment = frames.segment(number),
                                 .frame = frames.frame(number),
                                 .hash = hash,
                                 .flow = flow});
    }
    /// One round of what the worker has done before it decides.
    void look_up(Frames& frames, std::vector<tcp::Block>& hashes, std::vector<flow::Flow*>& flows) {
        for (std::uint32_t number = 0; number < Frames::kCount; ++number) {
            const wire::FourTuple& tuple = frames.segment(number).tuple;
            hashes.push_back(hasher_(tuple));
            flows.push_back(table_.find(tuple, hashes.back()));
        }
    }
    void begin_batch() { defender_.begin_batch(now_); }
    [[nodiscard]] tcp::Block hash(const wire::FourTuple& tuple) const { return hasher_(tuple); }
    [[nodiscard]] defense::Defender& defender() { return defender_; }

  private:
    /// Without questions to servers, which time alone would end.
    static defense::Policy policy_for(defense::Challenge challenge) {
        defense::Policy policy = policy_of(1000, challenge);
        for (defense::ServicePolicy& service : policy.services) {
            service.probe = false;
        }
        return policy;
    }
    static constexpr std::uint32_t kFlows = 1U << 14U;
    defense::PolicyGeneration generation_;
    TableMemory memory_{flow::Table::required_bytes(kFlows), true};
    tcp::TupleHasher hasher_{tcp::Secret{1, 2, 3}};
    flow::Table table_{memory_.span(), kFlows, hasher_};
    defense::ConnectingPool connecting_{4096, 8192, 8};
    tcp::Time now_{std::chrono::hours{1}};
    defense::Defender defender_;
};

}  // namespace synward::bench
