// SPDX-License-Identifier: BSD-3-Clause
#include "sockets.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <stdexcept>

namespace synward::lab {
namespace {

TEST(SocketAddress, IsOfTheFamilyOfItsText) {
    const SocketAddress four = socket_address("10.0.0.2", 80);
    sockaddr_in v4{};
    ASSERT_EQ(four.length, sizeof v4);
    std::memcpy(&v4, &four.storage, sizeof v4);
    EXPECT_EQ(v4.sin_family, AF_INET);
    EXPECT_EQ(ntohl(v4.sin_addr.s_addr), 0x0a000002U);
    EXPECT_EQ(ntohs(v4.sin_port), 80);

    const SocketAddress six = socket_address("2001:db8::2", 8080);
    sockaddr_in6 v6{};
    ASSERT_EQ(six.length, sizeof v6);
    std::memcpy(&v6, &six.storage, sizeof v6);
    EXPECT_EQ(v6.sin6_family, AF_INET6);
    EXPECT_EQ(v6.sin6_addr.s6_addr[15], 2);
    EXPECT_EQ(ntohs(v6.sin6_port), 8080);
}

TEST(SocketAddress, RefusesWhatIsNone) {
    for (const char* const text : {"", "10.0.0", "10.0.0.256", "2001:db8::g", "localhost"}) {
        EXPECT_THROW(socket_address(text, 80), std::runtime_error) << text;
    }
}

}  // namespace
}  // namespace synward::lab
