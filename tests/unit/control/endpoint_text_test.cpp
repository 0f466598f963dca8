// SPDX-License-Identifier: BSD-3-Clause
#include "control/endpoint_text.h"

#include <gtest/gtest.h>

namespace synward::control {
namespace {

TEST(EndpointText, ReadsWhatItWrites) {
    for (const char* text :
         {"192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1]:443", "[::]:1"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint.has_value()) << text;
        EXPECT_EQ(text_of(*endpoint), text);
    }
}

TEST(EndpointText, RefusesEverythingElse) {
    for (const char* text :
         {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1: 80",
          "192.0.2.1:80x", "[192.0.2.1]:80", "2001:db8::1:443", "2001:db8::1", "[2001:db8::1]",
          "[2001:db8::1]443", "[2001:db8::1:443", "localhost:80", "[]:80"}) {
        EXPECT_FALSE(parse_endpoint(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace synward::control
