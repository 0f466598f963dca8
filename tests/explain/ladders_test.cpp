// SPDX-License-Identifier: BSD-3-Clause
//
// Captures of each kind of close and each challenge, and their ladders, compared whole with the
// files of tests/data/explain. SYNWARD_WRITE_LADDERS=1 writes those anew: read them before they are
// believed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/load.h"
#include "control/explain/explain.h"
#include "control/explain/ladder.h"
#include "explain/captured.h"
#include "flood/pcap_writer.h"
#include "support/case_name.h"

namespace synward::test {
namespace {

namespace explain = control::explain;
using namespace std::chrono_literals;

const std::string kPinned =
    ", server: {mss: 1360, window_scale: 9, sack: true, timestamps: true}, probe: false";

struct Case {
    std::string name;
    std::string service;  ///< of the policy, besides its addresses
    Captured::Frames frames;
    std::string settings{};  ///< of the policy, besides the service
    std::chrono::nanoseconds afterwards{0};
};

Captured::Frames joined(std::initializer_list<Captured> all) {
    Captured::Frames frames;
    for (const Captured& one : all) {
        frames.insert(frames.end(), one.frames().begin(), one.frames().end());
    }
    std::stable_sort(frames.begin(), frames.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return frames;
}

/// The client answers a SYN-ACK of a box of which the capture has nothing but what arrived there.
Captured challenged_elsewhere() {
    Captured captured;
    captured.syn().ends().accept(0x3333'0000, 4'444);
    return captured;
}

/// The SYN-ACK of a challenge by reset (RFC 9293 section 3.5.2), the RST that answers it, and the
/// client's second try.
Captured challenged_by_reset_elsewhere() {
    Captured captured;
    captured.syn();
    captured.frame(captured.ends()
                       .to_client()
                       .tcp(80, 40'000, 0x5555'0000, 0x6666'0000)
                       .flags(kSyn | kAck)
                       .bytes());
    captured.frame(captured.ends().to_server().tcp(40'000, 80, 0x6666'0000).flags(kRst).bytes());
    return captured.after(1s).handshake();
}

Captured::Frames ack_flood() {
    Captured::Frames frames;
    for (unsigned source = 0; source < 3; ++source) {
        Dialogue::Style style{.timestamps = false, .client = 10 + source};
        Captured captured{style};
        captured.ends().accept(0x4444'0000 + source, 0);
        captured.after(source * 10us).client(kAck);
        frames.push_back(captured.frames().front());
    }
    return frames;
}

std::vector<Case> cases() {
    const std::string never = "challenge: never";
    const std::string always = "challenge: always" + kPinned;
    const auto refusal = [](Captured captured) {
        Dialogue& ends = captured.ends();
        return captured.frame(ends.to_client()
                                  .tcp(80, 40'000, 0, ends.style().client_isn + 1)
                                  .flags(kRst | kAck)
                                  .bytes());
    };
    return {
        {"close_four_segments", never,
         Captured{}
             .handshake()
             .exchange()
             .client(kFin | kAck)
             .server(kAck)
             .server(kPsh | kAck, 10)
             .client(kAck)
             .server(kFin | kAck)
             .client(kAck)
             .frames()},
        {"close_three_segments", never,
         Captured{}
             .handshake()
             .exchange()
             .server(kFin | kAck)
             .client(kFin | kAck)
             .server(kAck)
             .frames()},
        {"close_simultaneous", never,
         [] {
             Captured captured;
             captured.handshake();
             const Bytes of_server = captured.ends().to_client().flags(kFin | kAck).bytes();
             const Bytes of_client = captured.ends().from_client(kFin | kAck);
             captured.frame(of_client).frame(of_server);
             captured.ends().server_next += 1;
             captured.ends().server_next_at_client += 1;
             return captured.client(kAck).server(kAck).frames();
         }()},
        {"close_reset", never, Captured{}.handshake().exchange().client(kRst | kAck).frames()},
        {"close_timeout", never,
         Captured{}.handshake().exchange().after(20s).client(kPsh | kAck, 5).frames(),
         "flows: {established_timeout: 10s}\n"},
        {"close_timeout_told", never, Captured{}.handshake().exchange().frames(),
         "flows: {established_timeout: 10s, on_expiry: reset}\n", 15s},
        {"challenge_cookie", always,
         Captured{}
             .handshake()
             .exchange()
             .client(kFin | kAck)
             .server(kFin | kAck)
             .client(kAck)
             .frames()},
        {"challenge_cookie_ipv6", always,
         Captured{Dialogue::Style{.ipv6 = true, .timestamps = false}}
             .handshake()
             .exchange()
             .server(kRst | kAck)
             .frames()},
        {"challenge_cookie_data", always,
         challenged_elsewhere().client(kPsh | kAck, 80).after(20ms).syn_ack().frames()},
        {"challenge_cookie_invalid", "challenge: always" + kPinned,
         [] {
             Captured captured;
             captured.syn();
             captured.ends().accept(0x3333'0000, 4'444);
             captured.ends().client_next += 77;
             return captured.client(kAck).frames();
         }()},
        {"challenge_over_budget", "challenge: over-budget, budget: 1" + kPinned,
         joined({Captured{Dialogue::Style{.client = 7}}.syn().syn_ack(),
                 Captured{Dialogue::Style{.client = 8}}.after(10ms).handshake()})},
        {"challenge_reset", "challenge: always, method: reset",
         challenged_by_reset_elsewhere().exchange().client(kFin | kAck).server(kAck).frames()},
        {"challenge_probe", "challenge: always", Captured{}.handshake().frames()},
        {"lost_third_segment", always,
         challenged_elsewhere().after(1020ms).client(kAck).after(10ms).syn_ack().frames()},
        {"refused", never, refusal(Captured{}.syn()).frames()},
        {"refused_challenged", always, refusal(challenged_elsewhere().client(kAck)).frames()},
        {"silent_server", always, challenged_elsewhere().client(kPsh | kAck, 80).frames(),
         "hold: {server_attempts: 3}\n", 5s},
        {"ack_flood", always, ack_flood()},
        {"one_sided", "challenge: always, method: reset, sees: clients",
         [] {
             Captured captured;
             captured.syn();
             captured.frame(
                 captured.ends().to_server().tcp(40'000, 80, 0x6666'0000).flags(kRst).bytes());
             captured.after(1s).syn();
             captured.ends().accept(captured.ends().style().server_isn, 500'000);
             return captured.client(kAck).client(kPsh | kAck, 80).client(kFin | kAck).frames();
         }()},
        {"denied", never + ", deny: [203.0.0.1]", Captured{}.handshake().frames()},
    };
}

/// A folder of one test, gone with it.
class Ladders : public testing::TestWithParam<Case> {
  protected:
    Ladders() : path_{std::filesystem::path{testing::TempDir()} / ("ladder-" + GetParam().name)} {}
    ~Ladders() override { std::filesystem::remove(path_); }

    std::string path_;
};

std::string contents_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST_P(Ladders, AreAsExpected) {
    const Case& test = GetParam();
    const auto loaded = config::load_text(
        "links: [{name: link, outside: net_null0, inside: net_null1}]\n" + test.settings +
            "services: [{name: web, addresses: [198.51.100.0/24, \"2001:db8:1::/64\"], " +
            test.service + "}]\n",
        "policy.yaml");
    ASSERT_TRUE(loaded.configuration) << loaded.errors.front().text();
    flood::PcapWriter writer{path_};
    for (const auto& [time, frame] : test.frames) {
        writer.write(1'700'000'000s + time, frame);
    }
    writer.close();

    const std::string ladders = explain::ladders_of(
        explain::explain(*loaded.configuration, path_, {.afterwards = test.afterwards},
                         explain::longest_frame_of(path_)));

    const std::string expected = SYNWARD_SOURCE_ROOT "/tests/data/explain/" + test.name + ".txt";
    if (std::getenv("SYNWARD_WRITE_LADDERS") != nullptr) {
        std::ofstream{expected} << ladders;
    }
    EXPECT_EQ(ladders, contents_of(expected)) << expected;
}

INSTANTIATE_TEST_SUITE_P(All, Ladders, testing::ValuesIn(cases()), CaseName{});

}  // namespace
}  // namespace synward::test
