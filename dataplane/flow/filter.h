// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "flow/flow.h"
#include "tcp/endpoint.h"
#include "wire/address_words.h"

namespace synward::flow {

/// Which flows an operator wants to see: those that fit all that is given. Immutable once made.
class Filter {
  public:
    /// Bit `n` stands for the EndpointState or Phase of that number.
    using Mask = std::uint16_t;

    /// The address of that side lies in the prefix.
    void require_outside(const wire::Prefix& prefix) { outside_ = Block{prefix}; }
    void require_inside(const wire::Prefix& prefix) { inside_ = Block{prefix}; }
    /// Either address does.
    void require_address(const wire::Prefix& prefix) { either_ = Block{prefix}; }
    void require_outside_port(std::uint16_t port) { outside_port_ = port; }
    void require_inside_port(std::uint16_t port) { inside_port_ = port; }
    void require_port(std::uint16_t port) { either_port_ = port; }
    /// Either endpoint is in one of the states.
    void require_states(Mask states) { states_ = states; }
    void require_phases(Mask phases) { phases_ = phases; }
    void require_service(std::uint16_t service) { service_ = service; }

    [[nodiscard]] bool matches(const Flow& flow) const {
        const wire::FourTuple& tuple = flow.tuple;
        const Mask states =
            static_cast<Mask>((1U << flow.outside_state) | (1U << flow.inside_state));
        return (states & states_) != 0 && ((1U << flow.phase) & phases_) != 0 &&
               (!service_ || flow.service == *service_) &&
               (!outside_port_ || tuple.outside_port == *outside_port_) &&
               (!inside_port_ || tuple.inside_port == *inside_port_) &&
               (!either_port_ || tuple.outside_port == *either_port_ ||
                tuple.inside_port == *either_port_) &&
               (!outside_ || outside_->contains(tuple.outside_address)) &&
               (!inside_ || inside_->contains(tuple.inside_address)) &&
               (!either_ || either_->contains(tuple.outside_address) ||
                either_->contains(tuple.inside_address));
    }

  private:
    /// A prefix, made ready to be compared with many addresses.
    struct Block {
        explicit Block(const wire::Prefix& prefix)
            : network{wire::words_of(prefix.address)},
              mask{wire::mask_words(prefix.mapped_length())} {}
        [[nodiscard]] bool contains(const wire::Address& address) const {
            return (wire::words_of(address) & mask) == network;
        }
        wire::AddressWords network;
        wire::AddressWords mask;
    };

    std::optional<Block> outside_;
    std::optional<Block> inside_;
    std::optional<Block> either_;
    std::optional<std::uint16_t> outside_port_;
    std::optional<std::uint16_t> inside_port_;
    std::optional<std::uint16_t> either_port_;
    std::optional<std::uint16_t> service_;
    Mask states_ = 0xffff;
    Mask phases_ = 0xffff;
};

}  // namespace synward::flow
