// SPDX-License-Identifier: BSD-3-Clause
#include "defense/classifier.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "support/wire.h"

namespace synward::defense {
namespace {

bool has_service(const Classifier& classifier, const wire::Address& inside) {
    return classifier.any_service(inside, [](ServiceIndex) { return true; });
}

using test::address;

ServicePolicy service(std::vector<std::string> prefixes, std::vector<PortRange> ports = {{}}) {
    ServicePolicy policy;
    for (const std::string& text : prefixes) {
        policy.addresses.push_back(wire::Prefix::parse(text).value());
    }
    policy.ports = std::move(ports);
    return policy;
}

constexpr PortRange port(std::uint16_t number) {
    return {number, number};
}

TEST(Classifier, KnowsNothingWithoutServices) {
    const Classifier classifier{{}};
    EXPECT_FALSE(classifier.service_of(address("192.0.2.1"), 80));
    EXPECT_FALSE(has_service(classifier, address("2001:db8::1")));
}

TEST(Classifier, TakesTheLongestPrefix) {
    const Classifier classifier{{service({"198.51.100.0/24"}), service({"198.51.100.128/25"}),
                                 service({"198.51.100.200"}), service({"0.0.0.0/0"})}};
    EXPECT_EQ(classifier.service_of(address("198.51.100.1"), 80), 0);
    EXPECT_EQ(classifier.service_of(address("198.51.100.127"), 80), 0);
    EXPECT_EQ(classifier.service_of(address("198.51.100.128"), 80), 1);
    EXPECT_EQ(classifier.service_of(address("198.51.100.200"), 80), 2);
    EXPECT_EQ(classifier.service_of(address("198.51.100.255"), 80), 1);
    EXPECT_EQ(classifier.service_of(address("198.51.101.0"), 80), 3);
    EXPECT_FALSE(classifier.service_of(address("2001:db8::1"), 80));
}

TEST(Classifier, GoesOnToAShorterPrefixForPortsThatTheLongerDoesNotName) {
    const Classifier classifier{{service({"198.51.100.0/24"}, {port(80), {1000, 2000}}),
                                 service({"198.51.100.7"}, {port(443), {1500, 1600}}),
                                 service({"198.51.0.0/16"})}};
    const auto at = [&](std::uint16_t number) {
        return classifier.service_of(address("198.51.100.7"), number);
    };
    EXPECT_EQ(at(443), 1);
    EXPECT_EQ(at(80), 0);
    EXPECT_EQ(at(999), 2);
    EXPECT_EQ(at(1000), 0);
    EXPECT_EQ(at(1499), 0);
    EXPECT_EQ(at(1500), 1);
    EXPECT_EQ(at(1600), 1);
    EXPECT_EQ(at(1601), 0);
    EXPECT_EQ(at(2000), 0);
    EXPECT_EQ(at(2001), 2);
    EXPECT_EQ(at(0), 2);
    EXPECT_EQ(at(65535), 2);
}

TEST(Classifier, KnowsTheFirstAndTheLastPortOfEachRange) {
    const Classifier classifier{{service({"192.0.2.1"}, {port(0), {10, 20}, port(65535)})}};
    for (const unsigned number : {0U, 10U, 15U, 20U, 65535U}) {
        EXPECT_TRUE(
            classifier.service_of(address("192.0.2.1"), static_cast<std::uint16_t>(number)));
    }
    for (const unsigned number : {1U, 9U, 21U, 65534U}) {
        EXPECT_FALSE(
            classifier.service_of(address("192.0.2.1"), static_cast<std::uint16_t>(number)));
    }
}

TEST(Classifier, SeparatesTheFamiliesThoughIpv4IsMappedRfc4291Section2_5_5_2) {
    const Classifier six{{service({"::/0"})}};
    EXPECT_EQ(six.service_of(address("2001:db8::1"), 80), 0);
    EXPECT_EQ(six.service_of(address("::"), 80), 0);
    EXPECT_FALSE(six.service_of(address("192.0.2.1"), 80));
    EXPECT_FALSE(has_service(six, address("0.0.0.0")));
    const Classifier four{{service({"0.0.0.0/0"})}};
    EXPECT_EQ(four.service_of(address("192.0.2.1"), 80), 0);
    EXPECT_FALSE(four.service_of(address("2001:db8::1"), 80));
    const Classifier both{{service({"::/0"}), service({"0.0.0.0/0"}), service({"::/64"})}};
    EXPECT_EQ(both.service_of(address("192.0.2.1"), 80), 1);
    EXPECT_EQ(both.service_of(address("2001:db8::1"), 80), 0);
    EXPECT_EQ(both.service_of(address("::1:2:3"), 80), 2);
}

TEST(Classifier, ProtectsAnAddressIfAnyOfItsPortsIsAService) {
    const Classifier classifier{{service({"192.0.2.0/24"}, {port(80)})}};
    EXPECT_TRUE(has_service(classifier, address("192.0.2.77")));
    EXPECT_FALSE(classifier.service_of(address("192.0.2.77"), 81));
    EXPECT_FALSE(has_service(classifier, address("192.0.3.1")));
}

TEST(Classifier, RefusesMoreServicesThanAFlowCanName) {
    EXPECT_THROW(Classifier{std::vector<ServicePolicy>(0x1'0000)}, std::length_error);
}

/// Policies at random and what each lookup must find, by going through all services.
class Reference {
  public:
    explicit Reference(unsigned seed) : random_{seed} {}

    std::vector<ServicePolicy> services(std::size_t count) {
        std::vector<ServicePolicy> all(count);
        for (ServicePolicy& one : all) {
            for (unsigned i = 0; i <= below(2); ++i) {
                one.addresses.push_back(prefix());
            }
            one.ports = {ports()};
        }
        return all;
    }
    /// The most specific prefix decides; of equals, which the policy's reader refuses where their
    /// ports overlap, the first.
    static std::optional<ServiceIndex> find(const std::vector<ServicePolicy>& services,
                                            const wire::Address& where, std::uint16_t number) {
        std::optional<ServiceIndex> best;
        int longest = -1;
        for (std::size_t index = 0; index < services.size(); ++index) {
            for (const wire::Prefix& prefix : services[index].addresses) {
                const PortRange& range = services[index].ports.front();
                const bool holds = prefix.is_ipv4() == where.is_ipv4() && prefix.contains(where) &&
                                   range.first <= number && number <= range.last;
                if (holds && prefix.length > longest) {
                    longest = prefix.length;
                    best = static_cast<ServiceIndex>(index);
                }
            }
        }
        return best;
    }
    wire::Address place() {
        wire::Address result = below(2) != 0 ? address("198.18.0.0") : address("2001:db8::");
        const std::size_t first = result.is_ipv4() ? 13 : 4;
        for (std::size_t i = first; i < result.bytes.size(); ++i) {
            result.bytes[i] = static_cast<std::uint8_t>(below(3) << below(8));
        }
        return result;
    }
    std::uint16_t port_number() { return static_cast<std::uint16_t>(below(100)); }

  private:
    unsigned below(unsigned count) {
        return std::uniform_int_distribution<unsigned>{0, count - 1}(random_);
    }
    wire::Prefix prefix() {
        wire::Prefix result{place(), 0};
        result.length = static_cast<std::uint8_t>(result.is_ipv4() ? below(33) : below(129));
        result.address = wire::masked(result.address, result.mapped_length());
        return result;
    }
    PortRange ports() {
        const std::uint16_t first = port_number();
        return {first, static_cast<std::uint16_t>(first + below(30))};
    }
    std::mt19937 random_;
};

TEST(Classifier, FindsWhatGoingThroughAllServicesFinds) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        Reference reference{seed};
        const auto services = reference.services(1 + seed);
        const Classifier classifier{services};
        for (int i = 0; i < 3000; ++i) {
            const wire::Address where = reference.place();
            const std::uint16_t number = reference.port_number();
            ASSERT_EQ(classifier.service_of(where, number),
                      Reference::find(services, where, number))
                << where.text() << ' ' << number << ", seed " << seed;
        }
    }
}

TEST(Classifier, HoldsTenThousandServices) {
    std::vector<ServicePolicy> services;
    for (unsigned number = 0; number < 10'000; ++number) {
        const std::string low = std::to_string(number / 256) + "." + std::to_string(number % 256);
        services.push_back(service({"10.7." + low}, {port(443)}));
    }
    const Classifier classifier{services};
    for (unsigned number = 0; number < 10'000; ++number) {
        const auto& where = services[number].addresses.front().address;
        ASSERT_EQ(classifier.service_of(where, 443), number);
        ASSERT_FALSE(classifier.service_of(where, 80));
    }
    EXPECT_FALSE(classifier.service_of(address("10.7.39.16"), 443));
}

}  // namespace
}  // namespace synward::defense
