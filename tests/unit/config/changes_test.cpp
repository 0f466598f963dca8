// SPDX-License-Identifier: BSD-3-Clause
//
// What differs between two policies, and whether it can take effect without a restart.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/load.h"
#include "config/restart.h"
#include "config/settings.h"

namespace synward::config {
namespace {

constexpr const char* kStart = R"(links: [{name: wire, outside: net_null0, inside: net_null1}]
services:
  - {name: web, addresses: [192.0.2.1], ports: [80], budget: 1Ki}
  - {name: mail, addresses: [192.0.2.2/32], ports: [25]}
)";

LoadResult load(const std::string& text) {
    LoadResult result = load_text(text, "policy.yaml");
    for (const Diagnostic& error : result.errors) {
        ADD_FAILURE() << error.text();
    }
    return result;
}

std::vector<std::string> changes(const std::string& before, const std::string& after) {
    std::vector<std::string> texts;
    const auto old = load(before);
    const auto next = load(after);
    for (const Change& change : changes_between(*old.configuration, *next.configuration)) {
        texts.push_back(change.text());
    }
    return texts;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
}

using Texts = std::vector<std::string>;

TEST(Changes, AreNoneBetweenTwoWaysToSayTheSame) {
    EXPECT_EQ(changes(kStart, kStart), Texts{});
    EXPECT_EQ(changes(kStart, replaced(kStart, "budget: 1Ki", "budget: 1024")), Texts{});
    EXPECT_EQ(changes(kStart, std::string{kStart} + "flows: {capacity: 1Mi}\nfragments: drop\n"),
              Texts{});
}

TEST(Changes, NameTheKeyAndBothValuesAsThePolicyHasThem) {
    EXPECT_EQ(
        changes(kStart, replaced(kStart, "budget: 1Ki", "budget: 3Ki, challenge: never")),
        (Texts{"services.web.challenge: over-budget -> never", "services.web.budget: 1Ki -> 3Ki"}));
    EXPECT_EQ(changes(kStart,
                      replaced(kStart, "ports: [25]", "ports: [25, 465-466], deny: [10.0.0.0/8]")),
              (Texts{"services.mail.ports: [25] -> [25, 465-466]",
                     "services.mail.deny: [] -> [10.0.0.0/8]"}));
    EXPECT_EQ(changes(kStart, std::string{kStart} + "flows: {established_timeout: 1h30min}\n"
                                                    "sources: {new_connections: {rate: 5/s}}\n"),
              (Texts{"flows.established_timeout: 124min -> 90min",
                     "sources.new_connections.rate: - -> 5/s"}));
}

TEST(Changes, OfWholeServicesAreOneLineEach) {
    EXPECT_EQ(
        changes(kStart, replaced(kStart, "name: mail", "name: post")),
        (Texts{"services.post: (none) -> addresses [192.0.2.2/32], ports [25], challenge "
               "over-budget",
               "services.mail: addresses [192.0.2.2/32], ports [25], challenge over-budget -> "
               "(none)"}));
}

TEST(Changes, DoNotDependOnTheOrderOfServices) {
    const std::string exchanged = R"(links: [{name: wire, outside: net_null0, inside: net_null1}]
services:
  - {name: mail, addresses: [192.0.2.2/32], ports: [25]}
  - {name: web, addresses: [192.0.2.1], ports: [80], budget: 1Ki}
)";
    EXPECT_EQ(changes(kStart, exchanged), Texts{});
}

TEST(Changes, NeverShowASecret) {
    const std::string secret = "000102030405060708090a0b0c0d0e0f";
    const std::string other = "ff0102030405060708090a0b0c0d0e0f";
    const auto with = [](const std::string& value) {
        return std::string{kStart} + "cookies: {master_secret: " + value + "}\n";
    };
    EXPECT_EQ(changes(kStart, with(secret)), Texts{"cookies.master_secret: - -> (secret)"});
    EXPECT_EQ(changes(with(secret), with(other)),
              Texts{"cookies.master_secret: (secret) -> (secret)"});
    const auto old = load(with(secret));
    const auto next = load(with(other));
    for (const Diagnostic& error :
         needing_restart(*old.configuration, *next.configuration, "policy.yaml", next.places)) {
        EXPECT_EQ(error.text().find("0102030405"), std::string::npos) << error.text();
    }
}

struct RestartCase {
    const char* name;
    const char* after;  ///< put behind kStart
    const char* error;  ///< nullptr: none
};
void PrintTo(const RestartCase& each, std::ostream* out) {
    *out << each.name;
}

class NeedsRestart : public testing::TestWithParam<RestartCase> {};

TEST_P(NeedsRestart, IsSaidWithItsPlace) {
    const auto running = load(kStart);
    const auto next = load(std::string{kStart} + GetParam().after);
    Texts texts;
    for (const Diagnostic& error :
         needing_restart(*running.configuration, *next.configuration, "policy.yaml", next.places)) {
        texts.push_back(error.text());
    }
    EXPECT_EQ(texts, GetParam().error == nullptr ? Texts{} : Texts{GetParam().error});
}

INSTANTIATE_TEST_SUITE_P(
    , NeedsRestart,
    testing::Values(
        RestartCase{"Capacity", "flows: {half_open_timeout: 5s, capacity: 2Mi}\n",
                    "policy.yaml:5:42: flows.capacity: 2Mi needs a restart; expected 1Mi, by which "
                    "the box runs"},
        RestartCase{"Mtu", "mtu: 1500\n",
                    "policy.yaml:5:6: mtu: 1500 needs a restart; expected the key's absence, by "
                    "which the box runs"},
        RestartCase{"Cores", "workers:\n  cores: [0, 1]\n",
                    "policy.yaml:6:10: workers.cores: [0, 1] needs a restart; expected [0], by "
                    "which the box runs"},
        RestartCase{"Memory", "memory: {size: 1GiB}\n",
                    "policy.yaml:5:16: memory.size: 1GiB needs a restart; expected 512MiB, by "
                    "which the box runs"},
        RestartCase{"Dpdk", "dpdk: {secondary_processes: true}\n",
                    "policy.yaml:5:29: dpdk.secondary_processes: true needs a restart; expected "
                    "false, by which the box runs"},
        RestartCase{"Eal", "eal: [--log-level=8]\n",
                    "policy.yaml:5:6: eal: [--log-level=8] needs a restart; expected [], by which "
                    "the box runs"},
        RestartCase{"Hold", "hold: {segments: 1Ki, segments_per_connection: 2}\n",
                    "policy.yaml:5:18: hold.segments: 1Ki needs a restart; expected 8Ki, by which "
                    "the box runs"},
        RestartCase{"SourcePrefix", "sources: {prefix: {ipv4: 32}}\n",
                    "policy.yaml:5:26: sources.prefix.ipv4: 32 needs a restart; expected 24, by "
                    "which the box runs"},
        RestartCase{"Remember", "cookies: {remember: 1Ki}\n",
                    "policy.yaml:5:21: cookies.remember: 1Ki needs a restart; expected 64Ki, by "
                    "which the box runs"},
        RestartCase{"EverythingElse",
                    "flows: {on_expiry: reset, time_wait_timeout: 1s}\nfragments: forward\n"
                    "report: {interval: 1s}\ncookies: {key_lifetime: 4s}\n"
                    "sources: {answers: 5/s, concurrent: 7, deny: [10.0.0.0/8]}\n"
                    "admission: {lifetime: 1min, sources: 128}\n"
                    "hold: {server_attempts: 1, first_retransmission: 1s}\n",
                    nullptr}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST(NeedsRestartToo, IsSaidOfAKeyThatIsGoneWhereItsMappingIs) {
    const auto running = load(std::string{kStart} + "flows: {capacity: 2Mi}\nmtu: 1500\n");
    const auto next = load(std::string{kStart} + "flows: {on_expiry: reset}\n");
    Texts texts;
    for (const Diagnostic& error :
         needing_restart(*running.configuration, *next.configuration, "policy.yaml", next.places)) {
        texts.push_back(error.text());
    }
    EXPECT_EQ(texts, (Texts{"policy.yaml:1:1: mtu: the key's absence needs a restart; expected "
                            "1500, by which the box runs",
                            "policy.yaml:5:8: flows.capacity: 1Mi needs a restart; expected 2Mi, "
                            "by which the box runs"}));
}

TEST(NeedsRestartToo, TheCookiesKeyLifetimeDoesWhereBoxesShareThem) {
    const std::string secret = "cookies: {master_secret: 000102030405060708090a0b0c0d0e0f";
    const auto running = load(std::string{kStart} + secret + "}\n");
    const auto next = load(std::string{kStart} + secret + ", key_lifetime: 4s}\n");
    const auto errors =
        needing_restart(*running.configuration, *next.configuration, "policy.yaml", next.places);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].key, "cookies.key_lifetime");
}

}  // namespace
}  // namespace synward::config
