// SPDX-License-Identifier: BSD-3-Clause
#include "config/load.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "dump.h"

namespace synward::config {
namespace {

const std::string kLink = "links: [{name: a, outside: net_null0, inside: net_null1}]\n";

std::string only_error(const LoadResult& result) {
    EXPECT_FALSE(result.configuration.has_value());
    EXPECT_EQ(result.errors.size(), 1U);
    return result.errors.empty() ? "" : result.errors[0].text();
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

TEST(LoadFile, MissingFile) {
    EXPECT_EQ(only_error(load_file("/nonexistent/policy.yaml")),
              "/nonexistent/policy.yaml: cannot be read: No such file or directory; "
              "expected a policy file");
}

TEST(LoadFile, Folder) {
    EXPECT_EQ(only_error(load_file("/")),
              "/: cannot be read: Is a directory; expected a policy file");
}

TEST(LoadFile, WithoutEndStopsAtTheLimit) {
    EXPECT_EQ(only_error(load_file("/dev/zero")),
              "/dev/zero: the policy is too large; expected at most 16MiB");
}

TEST(LoadText, Empty) {
    for (const char* text : {"", "\n", "---\n", "# nothing\n", "~\n"}) {
        EXPECT_EQ(only_error(load_text(text, "p.yaml")),
                  "p.yaml: the policy is empty; expected at least the key 'links'")
            << text;
    }
}

TEST(LoadText, SixteenMebibytesAndNoMore) {
    const std::string comment(1024 * 1024 - 1, '#');
    std::string text = kLink + repeated(comment + "\n", 15);
    text += std::string((16 << 20) - text.size(), '#');
    EXPECT_TRUE(load_text(text, "p.yaml").configuration.has_value());
    EXPECT_EQ(only_error(load_text(text + "#", "p.yaml")),
              "p.yaml: the policy is too large; expected at most 16MiB");
}

// The parser takes 0x04 for the end of the file: what follows must not be ignored in silence.
TEST(LoadText, ControlCharacters) {
    EXPECT_EQ(only_error(load_text(kLink + "mtu:\x04 15\n", "p.yaml")),
              "p.yaml:2:5: found the control character 0x04; expected UTF-8 text");
    using namespace std::string_view_literals;
    EXPECT_EQ(only_error(load_text("a\0b"sv, "p.yaml")),
              "p.yaml:1:2: found the control character 0x00; expected UTF-8 text");
}

TEST(LoadText, ByteOrderMarkAndWindowsLineEnds) {
    EXPECT_TRUE(load_text("\xef\xbb\xbf" + kLink, "p.yaml").configuration.has_value());
    EXPECT_EQ(only_error(load_text("mtu: 1500\r\nlinks: []\r\n", "p.yaml")).substr(0, 12),
              "p.yaml:2:8: ");
}

TEST(LoadText, DocumentMarkersAroundOneDocument) {
    EXPECT_TRUE(load_text("%YAML 1.2\n---\n" + kLink + "...\n", "p.yaml").configuration);
}

TEST(LoadText, DeepNestingIsAnErrorAndNoCrash) {
    for (const char* opening : {"[", "{a: ", "- ", "? "}) {
        const auto result = load_text(repeated(opening, 100'000), "p.yaml");
        EXPECT_NE(only_error(result).find("nested too deeply"), std::string::npos) << opening;
    }
}

// yaml-cpp 0.7 hands out empty documents for ever when it meets a comma that starts one.
TEST(LoadText, TextThatBelongsToNothing) {
    const char* const kMessage =
        "found text that is no part of what is above it; "
        "expected keys and entries in line with those before them";
    EXPECT_EQ(only_error(load_text(", a\nlinks: []\n", "p.yaml")),
              std::string("p.yaml:1:1: ") + kMessage);
    EXPECT_EQ(only_error(load_text("- a\nlinks: []\n", "p.yaml")),
              std::string("p.yaml:2:1: ") + kMessage);
}

TEST(LoadText, AliasesStandForTheirAnchors) {
    const auto result = load_text(kLink +
                                      "services:\n"
                                      "  - {name: a, addresses: &servers [10.0.0.1], ports: [1]}\n"
                                      "  - {name: b, addresses: *servers, ports: [2]}\n",
                                  "p.yaml");
    ASSERT_TRUE(result.configuration.has_value());
    EXPECT_EQ(result.configuration->policy.services[1].addresses,
              result.configuration->policy.services[0].addresses);
}

TEST(LoadText, ErrorsAreBoundedInNumber) {
    std::string text = kLink;
    for (int i = 0; i < 2000; ++i) {
        text += "unknown" + std::to_string(i) + ": 1\n";
    }
    EXPECT_EQ(load_text(text, "p.yaml").errors.size(), 1000U);
}

TEST(LoadText, QuotedScalarsAreTheSameAsPlainOnes) {
    const auto plain = load_text(kLink + "mtu: 1500\nworkers: {cores: [2-5]}\n", "p.yaml");
    const auto quoted = load_text(kLink + "mtu: '1500'\nworkers: {cores: [\"2-5\"]}\n", "p.yaml");
    ASSERT_TRUE(plain.configuration && quoted.configuration);
    EXPECT_EQ(dump(*plain.configuration), dump(*quoted.configuration));
}

TEST(LoadText, NoServicesIsAPolicy) {
    const auto result = load_text(kLink + "services: []\n", "p.yaml");
    ASSERT_TRUE(result.configuration.has_value());
    EXPECT_TRUE(result.configuration->policy.services.empty());
}

// A prefix inside another is more precise, and no conflict.
TEST(LoadText, NestedPrefixesMayShareAPort) {
    EXPECT_TRUE(load_text(kLink +
                              "services:\n"
                              "  - {name: a, addresses: [10.0.0.0/8, 0.0.0.0/0], ports: [80]}\n"
                              "  - {name: b, addresses: [10.0.0.0/16, \"::/0\"], ports: [80]}\n",
                          "p.yaml")
                    .configuration.has_value());
}

TEST(LoadText, ASecretIsNotRepeatedInMessages) {
    const std::string secret = "5ec2e7-5ec2e7-5ec2e7-5ec2e7-5ec2";
    for (const std::string& value : {secret, secret + "x", "\"" + secret + "\\x01\""}) {
        const auto message =
            only_error(load_text(kLink + "cookies: {master_secret: " + value + "}\n", "p.yaml"));
        EXPECT_EQ(message.find("5ec2"), std::string::npos) << message;
    }
}

TEST(LoadText, WordsMeanTheirEnumerators) {
    const auto load = [](const std::string& line) {
        const auto result = load_text(
            kLink + "services: [{name: a, addresses: [10.0.0.1], " + line + "}]\n", "p.yaml");
        return result.configuration.value().policy.services[0].challenge;
    };
    EXPECT_EQ(load("challenge: always"), defense::Challenge::kAlways);
    EXPECT_EQ(load("challenge: over-budget"), defense::Challenge::kOverBudget);
    EXPECT_EQ(load("challenge: never"), defense::Challenge::kNever);
    EXPECT_EQ(load("challenge: monitor"), defense::Challenge::kMonitor);

    const auto service = [](const std::string& line) {
        const auto result = load_text(
            kLink + "services: [{name: a, addresses: [10.0.0.1], " + line + "}]\n", "p.yaml");
        return result.configuration.value().policy.services[0];
    };
    EXPECT_EQ(service("method: cookie").method, defense::Method::kCookie);
    EXPECT_EQ(service("method: reset").method, defense::Method::kReset);
    EXPECT_EQ(service("sees: both").sees, defense::Sees::kBoth);
    EXPECT_EQ(service("method: reset, sees: clients").sees, defense::Sees::kClients);
    EXPECT_EQ(service("syn_data: forward").syn_data, defense::SynData::kForward);
    EXPECT_EQ(service("syn_data: strip").syn_data, defense::SynData::kStrip);
    EXPECT_EQ(service("syn_data: drop").syn_data, defense::SynData::kDrop);

    const auto workers = [](const std::string& line) {
        return load_text(kLink + "workers: {" + line + "}\n", "p.yaml")
            .configuration.value()
            .workers;
    };
    EXPECT_EQ(workers("steering: auto").steering, Steering::kAuto);
    EXPECT_EQ(workers("steering: rss").steering, Steering::kRss);
    EXPECT_EQ(workers("steering: software").steering, Steering::kSoftware);
    EXPECT_EQ(workers("clock: tsc").clock, Clock::kTsc);
    EXPECT_EQ(workers("clock: packet").clock, Clock::kPacket);

    const auto root = [](const std::string& line) {
        return load_text(kLink + line + "\n", "p.yaml").configuration.value();
    };
    EXPECT_EQ(root("memory: {hugepages: auto}").memory.huge_pages, HugePages::kAuto);
    EXPECT_EQ(root("memory: {hugepages: on}").memory.huge_pages, HugePages::kOn);
    EXPECT_EQ(root("memory: {hugepages: off}").memory.huge_pages, HugePages::kOff);
    EXPECT_EQ(root("fragments: drop").policy.fragments, defense::FragmentRule::kDrop);
    EXPECT_EQ(root("fragments: forward").policy.fragments, defense::FragmentRule::kForward);
}

}  // namespace
}  // namespace synward::config
