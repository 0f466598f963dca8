// SPDX-License-Identifier: BSD-3-Clause
#include "defense/recent_ports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace synward::defense {
namespace {

struct Made {
    std::uint64_t key = 0;
    std::uint64_t stamp = 0;
    unsigned value = 0;
    std::uint64_t* told = nullptr;
    std::uint32_t untold = 0;

    void tell() const { *told += untold; }
};

struct Port {
    wire::FourTuple tuple;
    unsigned number;
};

class RecentPortsTest : public testing::Test {
  protected:
    static std::vector<Port> random_ports(unsigned count) {
        std::mt19937 random{7};
        std::vector<Port> ports(count);
        for (unsigned number = 0; number < count; ++number) {
            const std::array<std::uint8_t, 4> address{10, static_cast<std::uint8_t>(random()),
                                                      static_cast<std::uint8_t>(random()),
                                                      static_cast<std::uint8_t>(number)};
            ports[number].number = number;
            ports[number].tuple.inside_address = wire::Address::from_ipv4(address.data());
            ports[number].tuple.inside_port = static_cast<std::uint16_t>(random());
        }
        return ports;
    }
    void keep(const Port& port) {
        recent_->keep(port.tuple, {.value = port.number, .told = &told_});
    }
    [[nodiscard]] Made* find(const Port& port) const {
        return recent_->find(wire::ipv4_word(port.tuple.inside_address), port.tuple.inside_port);
    }
    /// How many of them are there; each with what was kept of it.
    [[nodiscard]] std::size_t count(const std::vector<Port>& ports) const {
        return static_cast<std::size_t>(std::ranges::count_if(ports, [this](const Port& port) {
            const Made* const made = find(port);
            EXPECT_TRUE(made == nullptr || made->value == port.number);
            return made != nullptr;
        }));
    }

    std::uint64_t told_ = 0;
    std::unique_ptr<RecentPorts<Made>> recent_ = std::make_unique<RecentPorts<Made>>();
};

TEST_F(RecentPortsTest, KnowsNothingAtFirst) {
    EXPECT_EQ(count(random_ports(1000)), 0U);
    EXPECT_EQ(recent_->find(wire::Big32{}, 0), nullptr);
}

// A third of them would share a place with another if each had but one.
TEST_F(RecentPortsTest, KeepsNearlyAllOfAThousand) {
    const auto ports = random_ports(1000);
    std::ranges::for_each(ports, [this](const Port& port) { keep(port); });
    EXPECT_GE(count(ports), 985U);
}

TEST_F(RecentPortsTest, KeepsTheLatestOfMoreThanItHolds) {
    constexpr unsigned kRoom = 2 * RecentPorts<Made>::kSets;
    const auto ports = random_ports(10 * kRoom);
    for (const Port& port : ports) {
        keep(port);
        ASSERT_NE(find(port), nullptr);
    }
    EXPECT_LE(count(ports), kRoom);
    EXPECT_GE(count(ports), kRoom * 99 / 100);
    EXPECT_GE(count({ports.end() - 100, ports.end()}), 99U);
}

TEST_F(RecentPortsTest, TakesTheNewerOfTwoForOnePort) {
    Port port = random_ports(1).front();
    keep(port);
    port.number = 4711;
    keep(port);
    EXPECT_EQ(count({port}), 1U);
}

TEST_F(RecentPortsTest, ForgetsAllAtOnce) {
    const auto ports = random_ports(1000);
    std::ranges::for_each(ports, [this](const Port& port) { keep(port); });
    recent_->forget_all();
    EXPECT_EQ(count(ports), 0U);
    keep(ports.front());
    EXPECT_EQ(count(ports), 1U);
}

TEST_F(RecentPortsTest, TellsOnceWhatIsCounted) {
    const auto ports = random_ports(1000);
    std::ranges::for_each(ports, [this](const Port& port) { keep(port); });
    std::uint64_t counted = 0;
    for (unsigned round = 0; round < 3; ++round) {
        for (const Port& port : ports) {
            if (Made* const made = find(port)) {
                recent_->count(*made);
                ++counted;
            }
        }
    }
    EXPECT_EQ(told_, 0U);
    recent_->tell();
    EXPECT_EQ(told_, counted);
    recent_->tell();
    EXPECT_EQ(told_, counted);
}

// Whether its place is kept anew, given to another port or made worthless meanwhile.
TEST_F(RecentPortsTest, LosesNothingThatIsCounted) {
    const auto ports = random_ports(10'000);
    std::mt19937 random{11};
    std::uint64_t counted = 0;
    for (unsigned step = 0; step < 1'000'000; ++step) {
        const Port& port = ports[random() % ports.size()];
        if (Made* const made = find(port)) {
            recent_->count(*made);
            ++counted;
        }
        if (random() % 4 == 0) {
            keep(port);
        }
        if (random() % 100'000 == 0) {
            recent_->forget_all();
            ASSERT_EQ(told_, counted);
        }
    }
    EXPECT_LT(told_, counted);
    recent_->tell();
    EXPECT_EQ(told_, counted);
}

TEST_F(RecentPortsTest, GoesOnCountingWhereItIsKeptAnew) {
    const Port port = random_ports(1).front();
    for (unsigned round = 0; round < 3; ++round) {
        keep(port);
        recent_->count(*find(port));
    }
    EXPECT_EQ(told_, 0U);
    recent_->tell();
    EXPECT_EQ(told_, 3U);
}

}  // namespace
}  // namespace synward::defense
