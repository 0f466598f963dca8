// SPDX-License-Identifier: BSD-3-Clause
#include "defense/pick_up.h"

#include <gtest/gtest.h>

#include "support/case_name.h"

namespace synward::defense {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::SequenceNumber;

constexpr tcp::Time kStart{seconds{1'700'000'000}};
constexpr tcp::Block kConnection{11, 12};

TEST(PickUp, IsOpenFromTheFirstBatchOnForItsTime) {
    PickUp pick_up{seconds{30}, 1};
    EXPECT_FALSE(pick_up.is_open());
    for (const auto& [age, open] : {std::pair{seconds{0}, true},
                                    {seconds{29}, true},
                                    {seconds{30}, false},
                                    {seconds{31}, false}}) {
        pick_up.begin_batch(kStart + age);
        EXPECT_EQ(pick_up.is_open(), open) << age.count();
    }
}

TEST(PickUp, AClockThatPacketsDriveHasNoTimeBeforeTheFirst) {
    PickUp pick_up{seconds{30}, 1};
    pick_up.begin_batch(tcp::Time{});
    EXPECT_FALSE(pick_up.is_open());
    pick_up.begin_batch(kStart);
    EXPECT_TRUE(pick_up.is_open());
}

TEST(PickUp, IsNeverOpenWithoutTime) {
    PickUp pick_up{seconds{0}, 1};
    for (const int age : {0, 1, -1}) {  // the times of a capture may go back
        pick_up.begin_batch(kStart + seconds{age});
        EXPECT_FALSE(pick_up.is_open()) << age;
    }
}

struct AgreementCase {
    const char* name;
    std::int64_t acknowledged = 0;  ///< by the client, beyond what the server's segment ends with
    std::int64_t sent = 0;          ///< by the client, beyond what the server waits for
    std::optional<std::int64_t> server_clock = 0;  ///< the server's TSval, beyond 5000
    std::optional<std::int64_t> echoed = 0;        ///< by the client, beyond 5000
    bool agrees = true;
};
void PrintTo(const AgreementCase& agreement, std::ostream* out) {
    *out << agreement.name;
}
class PickUpAgreement : public testing::TestWithParam<AgreementCase> {};

constexpr std::int64_t kMi = 1 << 20;
constexpr auto kNoClock = std::optional<std::int64_t>{};
const AgreementCase kAgreements[] = {
    {.name = "all_the_same"},
    {.name = "the_client_has_more", .acknowledged = 4 * kMi},
    {.name = "the_client_has_less", .acknowledged = -4 * kMi},
    {.name = "the_client_has_what_was_never_sent", .acknowledged = 4 * kMi + 1, .agrees = false},
    {.name = "the_client_lacks_too_much", .acknowledged = -4 * kMi - 1, .agrees = false},
    {.name = "half_of_all_numbers_away", .acknowledged = 1LL << 31, .agrees = false},
    {.name = "the_server_waits_for_more", .sent = -4 * kMi},
    {.name = "the_server_lacks_some", .sent = 4 * kMi},
    {.name = "the_server_lacks_too_much", .sent = 4 * kMi + 1, .agrees = false},
    {.name = "an_old_echo", .echoed = -(1 << 24)},
    {.name = "too_old_an_echo", .echoed = -(1 << 24) - 1, .agrees = false},
    {.name = "an_echo_of_the_future", .echoed = 1, .agrees = false},
    {.name = "no_timestamps",
     .acknowledged = 1 << 18,
     .server_clock = kNoClock,
     .echoed = kNoClock},
    {.name = "no_timestamps_and_far",
     .acknowledged = (1 << 18) + 1,
     .server_clock = kNoClock,
     .echoed = kNoClock,
     .agrees = false},
    {.name = "only_the_server_has_timestamps", .echoed = kNoClock, .agrees = false},
    {.name = "only_the_client_has_timestamps", .server_clock = kNoClock, .agrees = false},
};
INSTANTIATE_TEST_SUITE_P(, PickUpAgreement, testing::ValuesIn(kAgreements), test::CaseName{});

std::optional<std::uint32_t> clock_of(const std::optional<std::int64_t>& beyond) {
    return beyond ? std::optional{static_cast<std::uint32_t>(5000 + *beyond)} : std::nullopt;
}

TEST_P(PickUpAgreement, IsOfNumbersThatOneConnectionCanHave) {
    const AgreementCase& agreement = GetParam();
    PickUp pick_up{seconds{30}, 1};
    // Around the end of the numbers.
    const SequenceNumber server_next{0xffff'ff00};
    const SequenceNumber client_next{0x0000'0010};
    pick_up.hear(kConnection,
                 {.first = server_next - 100,
                  .next = server_next,
                  .acknowledgment = client_next,
                  .timestamp = clock_of(agreement.server_clock)},
                 kStart);
    const auto beyond = [](SequenceNumber number, std::int64_t octets) {
        return SequenceNumber{number.value() + static_cast<std::uint32_t>(octets)};
    };
    const PickUp::Numbers client{.first = beyond(client_next, agreement.sent),
                                 .next = beyond(client_next, agreement.sent),
                                 .acknowledgment = beyond(server_next, agreement.acknowledged),
                                 .timestamp = clock_of(agreement.echoed)};
    EXPECT_EQ(pick_up.agreed(kConnection, client, kStart).has_value(), agreement.agrees);
    EXPECT_FALSE(pick_up.agreed({11, 14}, client, kStart)) << "another connection's";
    EXPECT_FALSE(pick_up.agreed(kConnection, client, kStart + seconds{6})) << "long ago";
}

TEST(PickUp, AsksAClientOnceInAWhile) {
    PickUp pick_up{seconds{30}, 1};
    EXPECT_TRUE(pick_up.hear(kConnection, {}, kStart));
    EXPECT_FALSE(pick_up.hear(kConnection, {}, kStart + milliseconds{99}));
    EXPECT_TRUE(pick_up.hear({11, 14}, {}, kStart + milliseconds{99})) << "another takes its place";
    EXPECT_TRUE(pick_up.hear(kConnection, {}, kStart + milliseconds{99}));
    EXPECT_TRUE(pick_up.hear(kConnection, {}, kStart + milliseconds{199}));
}

TEST(PickUp, AsksServersNoMoreThanItsShareOfQuestions) {
    for (const unsigned workers : {1U, 4U}) {
        PickUp pick_up{seconds{30}, workers};
        unsigned asked = 0;
        for (tcp::Time now = kStart; now < kStart + seconds{10};
             now += std::chrono::microseconds{5}) {
            asked += pick_up.may_ask_server(now) ? 1U : 0U;
        }
        EXPECT_NEAR(asked, (100'000 + 1'000) / workers, 2) << workers;
    }
}

}  // namespace
}  // namespace synward::defense
