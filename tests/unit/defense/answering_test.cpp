// SPDX-License-Identifier: BSD-3-Clause
//
// SYNs of which floods consist are answered many at a time, in another way than others. Whatever
// comes: nobody can tell which way it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <random>
#include <string>

#include "box.h"
#include "support/case_name.h"

namespace synward::defense {
namespace {

using wire::kAck, wire::kCwr, wire::kEce, wire::kPsh, wire::kRst, wire::kSyn, wire::kUrg;

struct FloodCase {
    std::string name;
    std::function<void(Policy&)> change;
    bool is_answered_together;  ///< some of its SYNs at least
    bool drops_strays_together = is_answered_together;

    friend std::ostream& operator<<(std::ostream& out, const FloodCase& shown) {
        return out << shown.name;
    }
};

class Flood : public testing::TestWithParam<FloodCase> {
  protected:
    static Policy policy() {
        Policy policy = one_service(Challenge::kAlways);
        policy.services[0].addresses = {*wire::Prefix::parse("198.51.100.0/29"),
                                        *wire::Prefix::parse("2001:db8::/64")};
        policy.services.push_back(policy.services[0]);
        policy.services[1].name = "mail";
        policy.services[1].ports = {{25, 27}};
        policy.sources.answers = 40;
        policy.cookie_key_lifetime = seconds{5};
        policy.remembered_syns = 256;
        policy.hold.connections = 8;
        GetParam().change(policy);
        return policy;
    }
    Box together_{Box::Settings{.policy = policy()}};
    Box one_by_one_{Box::Settings{.policy = policy(), .one_by_one = true}};
    std::mt19937 engine_{7};

    unsigned random() { return static_cast<unsigned>(engine_()); }

    template <typename Value>
    Value any_of(std::initializer_list<Value> values) {
        return values.begin()[random() % values.size()];
    }
    /// Mostly a SYN as floods have them; some have something that others have not.
    test::Bytes frame() {
        test::FrameBuilder builder;
        const bool is_odd = random() % 3 == 0;
        const auto odd = [&](auto value, auto usual) {
            return is_odd && random() % 4 == 0 ? value : usual;
        };
        const std::string client =
            "192.0." + std::to_string(random() % 3) + "." + std::to_string(random() % 200);
        const std::string server = "198.51.100." + std::to_string(random() % 9);
        if (odd(1, 0) != 0) {
            builder.ipv6("2001:db8:1::" + std::to_string(random() % 9), "2001:db8::2");
        } else {
            builder.ipv4(odd(server, client), server);
        }
        builder
            .tcp(odd(0U, 1024U + random() % 50),
                 any_of({kServicePort, kServicePort, 25U, 26U, odd(0U, 27U), odd(443U, 80U)}),
                 random())
            .window(odd(0U, 64'240U))
            .flags(odd(any_of<unsigned>({kSyn | kEce | kCwr, kSyn | kPsh, kSyn | kUrg, kAck,
                                         kSyn | kRst, kRst, kSyn | kAck}),
                       unsigned{kSyn}));
        test::OptionsText text = syn_options();
        text.mss = any_of({1460U, 1400U, 536U, 20'000U, 0U});
        text.window_scale = any_of({0U, 7U, 14U, 200U});
        text.timestamps = {random(), 0};
        builder.options(any_of<test::Bytes>({text.bytes(), text.bytes(), test::Bytes{},
                                             syn_options(false).bytes(), test::Bytes{2, 4, 5, 180},
                                             test::Bytes{2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
                                             odd(test::Bytes{2, 3, 5, 180}, test::Bytes{})}));
        if (odd(1, 0) != 0) {
            builder.payload(1 + random() % 50);
        }
        if (odd(1, 0) != 0) {
            builder.vlan(7);
        }
        test::Bytes bytes = builder.bytes();
        if (odd(1, 0) != 0) {
            bytes[14 + random() % (bytes.size() - 14)] ^=
                static_cast<std::uint8_t>(1U << random() % 8);
        }
        return bytes;
    }
    /// An ACK of nobody's connection, as floods have them; some have something that others have
    /// not.
    test::Bytes stray() {
        test::FrameBuilder builder;
        const std::string client = "192.0.2." + std::to_string(random() % 200);
        const std::string server = "198.51.100." + std::to_string(random() % 9);
        builder.ipv4(random() % 20 == 0 ? server : client, server)
            .tcp(random() % 20 == 0 ? 0U : 1024U + random() % 50,
                 any_of({kServicePort, kServicePort, 25U, 443U, 0U}), random(), random())
            .flags(
                any_of<unsigned>({kAck, kAck, kAck, kAck | kPsh, kAck | kEce, kAck | wire::kFin}))
            .payload(random() % 4 == 0 ? random() % 50 : 0);
        if (random() % 4 == 0) {
            builder.options({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8});
        }
        if (random() % 8 == 0) {
            builder.tcp_checksum(random() & 0xffffU);
        }
        return builder.bytes();
    }
    void send(const test::Bytes& bytes, Side from, unsigned number) {
        const Verdict a = together_.send_frame(bytes, from);
        const Verdict b = one_by_one_.send_frame(bytes, from);
        ASSERT_EQ(a.reason, b.reason) << number;
        ASSERT_EQ(a.action, b.action) << number;
        ASSERT_EQ(a.sequence, b.sequence) << number;
        ASSERT_EQ(a.acknowledgment, b.acknowledgment) << number;
        ASSERT_EQ(a.options, b.options) << number;
        ASSERT_EQ(a.window, b.window) << number;
        ASSERT_EQ(a.ecn, b.ecn) << number;
        ASSERT_EQ(a.remembered, b.remembered) << number;
    }
    void pass(tcp::Duration time) {
        together_.advance(time);
        one_by_one_.advance(time);
    }
    void expect_same_figures() {
        together_.defender.floods().tell_figures();
        for (std::size_t service = 0; service < 2; ++service) {
            const ServiceFigures& a = together_.defender.services()[service].figures();
            const ServiceFigures& b = one_by_one_.defender.services()[service].figures();
            EXPECT_EQ(a.syns.value(), b.syns.value());
            EXPECT_EQ(a.challenged.value(), b.challenged.value());
            EXPECT_EQ(a.redeemed.value(), b.redeemed.value());
            EXPECT_EQ(a.failed.value(), b.failed.value());
            EXPECT_EQ(a.credits_left.value(), b.credits_left.value());
        }
        EXPECT_EQ(together_.table.size(), one_by_one_.table.size());
        EXPECT_EQ(together_.defender.originations().size(),
                  one_by_one_.defender.originations().size());
    }
};

TEST_P(Flood, IsAnsweredTogetherAsOneByOne) {
    for (unsigned number = 0; number < 20'000; ++number) {
        ASSERT_NO_FATAL_FAILURE(
            send(random() % 3 == 0 ? stray() : frame(), Side::kOutside, number));
        together_.defender.clear_originations();
        one_by_one_.defender.clear_originations();
        if (random() % 50 == 0) {  // a server lets know what it offers, or that it is not there
            Sent answer{.from = Side::kInside,
                        .flags = any_of<unsigned>({kSyn | kAck, kRst | kAck}),
                        .sequence = random(),
                        .options = test::OptionsText{.mss = any_of({1400U, 900U}),
                                                     .window_scale = any_of({3U, 9U})}
                                       .bytes(),
                        .client_port = 1024U + static_cast<unsigned>(random() % 50),
                        .server = static_cast<unsigned>(random() % 8)};
            ASSERT_NO_FATAL_FAILURE(send(Box::frame_of(answer), Side::kInside, number));
        }
        pass(std::chrono::microseconds{random() % 2'000});
    }
    expect_same_figures();
    EXPECT_EQ(together_.answered_as_flood > 2'000, GetParam().is_answered_together)
        << together_.answered_as_flood;
    EXPECT_EQ(one_by_one_.answered_as_flood, 0U);
    EXPECT_EQ(together_.dropped_as_strays > 1'000, GetParam().drops_strays_together)
        << together_.dropped_as_strays;
}

// What was found out about a service does not outlive the policy or the epoch.
TEST_P(Flood, IsAnsweredAsTheNewPolicySays) {
    const auto send_some = [&](unsigned first) {
        for (unsigned number = first; number < first + 500; ++number) {
            ASSERT_NO_FATAL_FAILURE(
                send(random() % 3 == 0 ? stray() : frame(), Side::kOutside, number));
            pass(milliseconds{1});
        }
    };
    send_some(0);
    Policy next = policy();
    next.services[0].server.mss = 1200;
    next.services[0].server.window_scale = 2;
    next.services[1].challenge = Challenge::kNever;
    together_.adopt(next);
    one_by_one_.adopt(next);
    send_some(1'000);
    pass(seconds{6});
    send_some(2'000);
    expect_same_figures();
}

void keep(Policy&) {}

INSTANTIATE_TEST_SUITE_P(
    , Flood,
    testing::Values(
        FloodCase{"Always", keep, true},
        FloodCase{"OverBudget",
                  [](Policy& policy) {
                      policy.services[0].challenge = Challenge::kOverBudget;
                      policy.services[0].budget = 2;
                  },
                  true},
        FloodCase{"Probing", [](Policy& policy) { policy.services[0].probe = true; }, true},
        FloodCase{"NoSack", [](Policy& policy) { policy.services[0].server.sack = false; }, true},
        FloodCase{"NoTimestamps",
                  [](Policy& policy) {
                      policy.services[0].server.timestamps = false;
                      policy.services[1].server.window_scale = tcp::kNoWindowScale;
                  },
                  true},
        FloodCase{"NoneRemembered", [](Policy& policy) { policy.remembered_syns = 0; }, true},
        FloodCase{"ByReset",
                  [](Policy& policy) {
                      for (ServicePolicy& service : policy.services) {
                          service.method = Method::kReset;
                      }
                  },
                  false, true},
        FloodCase{"OneMonitored",
                  [](Policy& policy) { policy.services[1].challenge = Challenge::kMonitor; },
                  false},
        FloodCase{"SomeDenied",
                  [](Policy& policy) {
                      policy.sources.lists.deny = {*wire::Prefix::parse("192.0.1.0/25")};
                  },
                  false},
        FloodCase{"SomeAllowed",
                  [](Policy& policy) {
                      policy.services[1].sources.allow = {*wire::Prefix::parse("192.0.1.0/25")};
                  },
                  false},
        FloodCase{"Limited", [](Policy& policy) { policy.sources.concurrent = 4; }, true}),
    test::CaseName{});

TEST(DeviceThatVerifiesChecksums, IsTakenAtItsWord) {
    Box box{Challenge::kAlways};
    const Sent damaged{.flags = kSyn, .damaged = true};
    EXPECT_EQ(box.send({.flags = kSyn}).reason, wire::Reason::kSynChallenged);
    EXPECT_EQ(box.send(damaged).reason, wire::Reason::kTcpChecksum);
    box.checksum = ChecksumState::kAllRight;
    EXPECT_EQ(box.send(damaged).reason, wire::Reason::kSynChallenged);
    // As a SYN that no flood has.
    EXPECT_EQ(box.send({.flags = kSyn | kPsh, .damaged = true}).reason,
              wire::Reason::kSynChallenged);
    box.checksum = ChecksumState::kUnknown;
    EXPECT_EQ(box.send(damaged).reason, wire::Reason::kTcpChecksum);
}

}  // namespace
}  // namespace synward::defense
