// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "support/frame_builder.h"

namespace synward::test {

/// TCP options as text, in the order in which Linux writes them, padded with NOPs. Numbers in host
/// byte order. RFC 9293 section 3.2, RFC 2018, RFC 7323.
struct OptionsText {
    std::optional<unsigned> mss{};
    bool sack_permitted = false;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps{};  ///< TSval and TSecr
    std::optional<unsigned> window_scale{};
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sack{};  ///< left and right edges

    [[nodiscard]] Bytes bytes() const {
        Bytes text;
        if (mss) {
            put(text, {2, 4});
            put_number(text, *mss, 2);
        }
        if (sack_permitted) {
            if (!timestamps) {
                put(text, {1, 1});
            }
            put(text, {4, 2});
        }
        if (timestamps) {
            if (!sack_permitted) {
                put(text, {1, 1});
            }
            put(text, {8, 10});
            put_number(text, timestamps->first, 4);
            put_number(text, timestamps->second, 4);
        }
        if (window_scale) {
            put(text, {1, 3, 3, static_cast<std::uint8_t>(*window_scale)});
        }
        if (!sack.empty()) {
            put(text, {1, 1, 5, static_cast<std::uint8_t>(2 + sack.size() * 8)});
            for (const auto& [left, right] : sack) {
                put_number(text, left, 4);
                put_number(text, right, 4);
            }
        }
        return text;
    }

  private:
    static void put(Bytes& text, const Bytes& bytes) {
        text.insert(text.end(), bytes.begin(), bytes.end());
    }
    static void put_number(Bytes& text, std::uint32_t value, unsigned octets) {
        for (unsigned octet = octets; octet > 0; --octet) {
            text.push_back(static_cast<std::uint8_t>(value >> (octet - 1) * 8U));
        }
    }
};

}  // namespace synward::test
