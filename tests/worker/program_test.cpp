// SPDX-License-Identifier: BSD-3-Clause
//
// The program as an operator runs it: captures in, captures out, reports, signals, exit statuses.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "flood/packet_factory.h"
#include "support/dialogue.h"
#include "worker/program_run.h"

namespace synward::test {
namespace {

using nlohmann::json;
using synward::flood::FloodKind;

// The most packets that the program takes from a port at once, outside first. Captures are padded
// to this, so that what answers something comes after it.
constexpr std::size_t kBatch = 64;

struct CaptureLink {
    std::string name;
    std::vector<Bytes> outside;
    std::vector<Bytes> inside;
};

/// The policy of a replay: its links, cores, and one challenged service, always with one secret.
std::string policy_of(const Folder& folder, const std::vector<CaptureLink>& links,
                      const std::vector<unsigned>& cores = processors(1)) {
    std::string text = "links:\n";
    unsigned device = 0;
    for (const CaptureLink& link : links) {
        text += "  - name: " + link.name + "\n";
        for (const bool is_outside : {true, false}) {
            const std::string side = is_outside ? "outside" : "inside";
            const std::string file = link.name + "-" + side + ".pcap";
            write_capture(folder / file, is_outside ? link.outside : link.inside);
            text += "    " + side + ": net_pcap" + std::to_string(device++) +
                    ",rx_pcap=" + folder / file + ",tx_pcap=" + folder / ("to-" + file) + "\n";
        }
    }
    text += "workers: {clock: packet, idle_sleep: 100us, cores: [";
    for (const unsigned core : cores) {
        text += (core == cores.front() ? "" : ", ") + std::to_string(core);
    }
    return text + "]}\n" + R"(
memory: {hugepages: off, size: 128MiB}
flows: {capacity: 4Ki}
cookies: {master_secret: 000102030405060708090a0b0c0d0e0f}
services:
  - {name: web, addresses: [198.51.100.0/24, "2001:db8:1::/64"], challenge: always,
     probe: false}
)";
}

/// Runs to the end of the captures and returns the report.
json replay(const Folder& folder, const std::vector<CaptureLink>& links,
            const std::vector<unsigned>& cores = processors(1)) {
    const std::string policy = folder.file("policy.yaml", policy_of(folder, links, cores));
    ProgramRun run{folder, {"run", policy, "--report", "json", "--until-idle", "500ms"}};
    EXPECT_EQ(run.exit_status(), 0) << run.errors();
    return json::parse(run.output());
}

std::vector<Bytes> flood_of(FloodKind kind, unsigned count,
                            const std::vector<std::string>& destinations = {"198.51.100.2",
                                                                            "2001:db8:1::2"}) {
    synward::flood::FloodSpecification specification{.kind = kind};
    for (const std::string& destination : destinations) {
        specification.destinations.push_back(*wire::Address::parse(destination));
    }
    synward::flood::PacketFactory factory{specification};
    std::vector<Bytes> frames;
    for (unsigned packet = 0; packet < count; ++packet) {
        Bytes frame(factory.maximum_length());
        frame.resize(factory.write_next(frame));
        frames.push_back(std::move(frame));
    }
    return frames;
}

/// A frame that is no TCP, told from others by `mark`.
Bytes arp(std::uint8_t mark) {
    Bytes frame(60, mark);
    frame[12] = 0x08;
    frame[13] = 0x06;
    return frame;
}

void pad_to_batch(std::vector<Bytes>& frames) {
    while (frames.size() % kBatch != 0) {
        frames.push_back(arp(0xaa));
    }
}

std::vector<FrameReader> tcp_of(const std::vector<Bytes>& frames) {
    std::vector<FrameReader> segments;
    for (const Bytes& frame : frames) {
        if (frame[12] != 0x08 || frame[13] != 0x06) {
            segments.emplace_back(frame);
        }
    }
    return segments;
}

/// What a report says of one service.
json counts_of(const std::string& service, unsigned syns, unsigned challenged, unsigned redeemed,
               unsigned failed, unsigned completed) {
    return {{"service", service},   {"syns", syns},     {"challenged", challenged},
            {"redeemed", redeemed}, {"failed", failed}, {"completed", completed}};
}

void expect_sums_up(const json& sums) {
    EXPECT_TRUE(sums["accounted_for"].get<bool>());
    const auto number = [&](const char* name) { return sums[name].get<std::uint64_t>(); };
    EXPECT_EQ(number("received") + number("taken_over"), number("forwarded") + number("answered") +
                                                             number("held") + number("dropped") +
                                                             number("handed_over"));
}

TEST(Replay, GivesTheSameOutputTwice) {
    const CaptureLink link{
        "wire",
        flood_of(FloodKind::kMixed, 20'000),
        {arp(1), arp(2), Dialogue{{}}.syn_ack(), Dialogue{{}}.from_server(kAck)}};
    const Folder first;
    const Folder second;
    const json report = replay(first, {link});
    json again = replay(second, {link});
    again["seconds"] = report["seconds"];
    EXPECT_EQ(report, again);
    for (const char* const file : {"to-wire-outside.pcap", "to-wire-inside.pcap"}) {
        EXPECT_EQ(read_capture(first / file), read_capture(second / file));
    }
    EXPECT_GT(report["counters"]["syn_challenged"], 1000);
    EXPECT_EQ(read_capture(first / "to-wire-outside.pcap").size(),
              report["totals"]["answered"].get<std::size_t>() + 2);
}

TEST(Replay, ReportSumsUp) {
    const Folder folder;
    const json report = replay(folder, {{"wire", flood_of(FloodKind::kMixed, 3000), {arp(1)}}});
    expect_sums_up(report["totals"]);
    for (const json& worker : report["workers"]) {
        expect_sums_up(worker);
    }
    EXPECT_EQ(report["totals"]["received"], 3001);
    ASSERT_EQ(report["links"].size(), 2U);
    for (const json& port : report["links"]) {
        EXPECT_EQ(port["link"], "wire");
        const bool is_outside = port["side"] == "outside";
        EXPECT_EQ(port["received"], is_outside ? 3000 : 1);
        EXPECT_EQ(port["sent"], read_capture(folder / (is_outside ? "to-wire-outside.pcap"
                                                                  : "to-wire-inside.pcap"))
                                    .size());
    }
}

class WholeConversation : public testing::TestWithParam<bool> {};

// Two passes: the first tells the cookie, which is the same in the second.
TEST_P(WholeConversation, IsReplayedByteForByte) {
    Dialogue talk{{.ipv6 = GetParam(), .tags = GetParam() ? 1U : 0U}};
    const Bytes syn = talk.syn();
    {
        const Folder folder;
        replay(folder, {{"wire", {syn}, {}}});
        const std::vector<Bytes> answer = read_capture(folder / "to-wire-outside.pcap");
        ASSERT_EQ(answer.size(), 1U);
        const FrameReader reader{answer[0]};
        talk.accept(reader.sequence(), timestamps_of(reader.options()).value().first);
    }
    CaptureLink link{"wire", {syn, talk.from_client(kAck, 33)}, {talk.syn_ack()}};
    talk.answered();
    pad_to_batch(link.outside);
    pad_to_batch(link.inside);
    link.outside.push_back(talk.from_client(kAck | kPsh, 100));
    link.outside.push_back(talk.from_client(kFin | kAck));
    link.inside.push_back(talk.from_server(kAck, 200));
    link.inside.push_back(talk.from_server(kFin | kAck));
    pad_to_batch(link.outside);
    pad_to_batch(link.inside);
    link.outside.push_back(talk.from_client(kAck));

    const Folder first;
    const Folder second;
    const json report = replay(first, {link});
    replay(second, {link});
    const std::vector<Bytes> to_inside = read_capture(first / "to-wire-inside.pcap");
    const std::vector<Bytes> to_outside = read_capture(first / "to-wire-outside.pcap");
    EXPECT_EQ(to_inside, read_capture(second / "to-wire-inside.pcap"));
    EXPECT_EQ(to_outside, read_capture(second / "to-wire-outside.pcap"));

    const auto at_server = tcp_of(to_inside);
    ASSERT_EQ(at_server.size(), 6U);
    constexpr unsigned kFlagsAtServer[] = {kSyn, kAck, kAck, kAck | kPsh, kFin | kAck, kAck};
    for (std::size_t index = 0; index < at_server.size(); ++index) {
        EXPECT_EQ(at_server[index].flags(), kFlagsAtServer[index]);
        EXPECT_TRUE(at_server[index].checksums_are_right());
    }
    EXPECT_EQ(at_server[2].payload().size(), 33U);
    EXPECT_EQ(at_server[5].acknowledgment(), talk.server_next);
    const auto at_client = tcp_of(to_outside);
    ASSERT_EQ(at_client.size(), 4U);  // SYN-ACK, window, data, FIN
    EXPECT_EQ(at_client[2].payload().size(), 200U);
    EXPECT_EQ(at_client[3].sequence() + 1, talk.server_next_at_client);
    EXPECT_EQ(report["counters"]["server_connected"], 1);
    EXPECT_EQ(report["services"], json::array({counts_of("web", 1, 1, 1, 0, 1)}));
    EXPECT_EQ(report["totals"]["dropped"], 0);
}

INSTANTIATE_TEST_SUITE_P(, WholeConversation, testing::Bool(), [](const auto& replayed) {
    return replayed.param ? "Ipv6Tagged" : "Ipv4";
});

TEST(Replay, LinksKeepApart) {
    const Folder folder;
    const json report = replay(
        folder, {{"north", {arp(1), arp(2)}, {arp(3)}}, {"south", {arp(4)}, {arp(5), arp(6)}}});
    EXPECT_EQ(read_capture(folder / "to-north-inside.pcap"), (std::vector<Bytes>{arp(1), arp(2)}));
    EXPECT_EQ(read_capture(folder / "to-north-outside.pcap"), (std::vector<Bytes>{arp(3)}));
    EXPECT_EQ(read_capture(folder / "to-south-inside.pcap"), (std::vector<Bytes>{arp(4)}));
    EXPECT_EQ(read_capture(folder / "to-south-outside.pcap"), (std::vector<Bytes>{arp(5), arp(6)}));
    EXPECT_EQ(report["links"].size(), 4U);
}

// To each service another number of SYNs, to one ACKs that redeem nothing, and some to nobody.
TEST(Replay, CountsByServiceAreTheTrafficOfEach) {
    const auto cores = processors(2);
    std::vector<Bytes> outside = flood_of(FloodKind::kSyn, 300);
    const auto add = [&](FloodKind kind, unsigned count, const char* destination) {
        const auto frames = flood_of(kind, count, {destination});
        outside.insert(outside.end(), frames.begin(), frames.end());
    };
    add(FloodKind::kSyn, 170, "203.0.113.25");
    add(FloodKind::kSyn, 40, "192.0.2.1");
    pad_to_batch(outside);
    add(FloodKind::kAck, 90, "198.51.100.2");
    const Folder folder;
    const std::string policy =
        folder.file("policy.yaml", policy_of(folder, {{"wire", outside, {}}}, cores) +
                                       "  - {name: mail, addresses: [203.0.113.0/25], "
                                       "challenge: never, probe: false}\n"
                                       "  - {name: idle, addresses: [203.0.113.128/25]}\n");
    ProgramRun run{folder, {"run", policy, "--report", "json", "--until-idle", "500ms"}};
    ASSERT_EQ(run.exit_status(), 0) << run.errors();
    const json report = json::parse(run.output());
    EXPECT_EQ(report["services"],
              json::array({counts_of("web", 300, 300, 0, 90, 0), counts_of("mail", 170, 0, 0, 0, 0),
                           counts_of("idle", 0, 0, 0, 0, 0)}));
    EXPECT_EQ(report["counters"]["syn_challenged"], 300);
    EXPECT_EQ(report["counters"]["syn_unchallenged"], 170);
    EXPECT_EQ(report["counters"]["cookie_invalid"], 90);
    EXPECT_EQ(report["counters"]["not_protected"], 40);
}

TEST(Replay, TwoWorkersShareAFlood) {
    const auto cores = processors(2);
    if (cores.size() < 2) {
        GTEST_SKIP() << "one processor";
    }
    const Folder folder;
    const json report =
        replay(folder, {{"wire", flood_of(FloodKind::kSyn, 2000), {arp(1)}}}, cores);
    ASSERT_EQ(report["workers"].size(), 2U);
    for (const json& worker : report["workers"]) {
        expect_sums_up(worker);
    }
    expect_sums_up(report["totals"]);
    EXPECT_EQ(report["totals"]["handed_over"], report["totals"]["taken_over"]);
    EXPECT_GT(report["totals"]["handed_over"], 100);
    const std::size_t answered = report["counters"]["syn_challenged"];
    EXPECT_EQ(answered + report["counters"]["hand_over_full"].get<std::size_t>(), 2000U);
    EXPECT_EQ(read_capture(folder / "to-wire-outside.pcap").size(), answered + 1);
}

/// What the policy gives is too little for these links without huge pages; the program knows.
TEST(Memory, IsAskedForAsMuchAsIsNeeded) {
    for (const unsigned links : {1U, 4U}) {
        std::string text = "links:\n";
        for (unsigned link = 0; link < links; ++link) {
            text += "  - {name: link" + std::to_string(link) + ", outside: \"net_null" +
                    std::to_string(link * 2) + ",no-rx=1\", inside: \"net_null" +
                    std::to_string(link * 2 + 1) + ",no-rx=1\"}\n";
        }
        text += R"(
memory: {hugepages: off, size: 64MiB}
services:
  - {name: web, addresses: [198.51.100.2]}
)";
        const Folder folder;
        ProgramRun run{folder, {"run", folder.file("policy.yaml", text), "--until-idle", "100ms"}};
        EXPECT_EQ(run.exit_status(), 0) << run.errors();
    }
}

class EndsBySignal : public testing::TestWithParam<int> {};

TEST_P(EndsBySignal, WithAReport) {
    const Folder folder;
    const std::string policy =
        folder.file("policy.yaml", policy_of(folder, {{"wire", {arp(1)}, {}}}));
    ProgramRun run{folder, {"run", policy}};
    ASSERT_TRUE(run.wait_until_ready()) << run.errors();
    run.send_signal(GetParam());
    EXPECT_EQ(run.exit_status(), 0) << run.errors();
    EXPECT_NE(run.output().find("every packet is accounted for"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(, EndsBySignal, testing::Values(SIGINT, SIGTERM), [](const auto& ended) {
    return ended.param == SIGINT ? "Interrupt" : "Terminate";
});

int status_of(const std::vector<std::string>& arguments) {
    const Folder folder;
    ProgramRun run{folder, arguments};
    return run.exit_status();
}

const std::string kPolicies = SYNWARD_SOURCE_ROOT "/config/examples/";
const std::string kBrokenPolicies = SYNWARD_SOURCE_ROOT "/tests/data/policies/broken/";

TEST(ExitStatus, OfCheckTellsGoodFromBad) {
    EXPECT_EQ(status_of({"check", kPolicies + "minimal.yaml"}), 0);
    EXPECT_EQ(status_of({"check", kBrokenPolicies + "01-unknown-key.yaml"}), 2);
    EXPECT_EQ(status_of({"check", kBrokenPolicies + "nowhere.yaml"}), 2);
}

TEST(ExitStatus, OfRunWithABrokenPolicy) {
    const Folder folder;
    ProgramRun run{folder, {"run", kBrokenPolicies + "01-unknown-key.yaml"}};
    EXPECT_EQ(run.exit_status(), 2);
    EXPECT_NE(run.errors().find("01-unknown-key.yaml:"), std::string::npos);
    EXPECT_TRUE(run.output().empty());
}

TEST(ExitStatus, OfRunWithoutItsDevice) {
    const Folder folder;
    std::string text = policy_of(folder, {{"wire", {}, {}}});
    text.replace(text.find("wire-outside.pcap"), 4, "none");
    ProgramRun run{folder, {"run", folder.file("policy.yaml", text)}};
    EXPECT_EQ(run.exit_status(), 1);
    EXPECT_NE(run.errors().find("synward: "), std::string::npos);
}

TEST(ExitStatus, OfWrongUse) {
    EXPECT_NE(status_of({}), 0);
    EXPECT_NE(status_of({"run"}), 0);
    EXPECT_NE(status_of({"run", kPolicies + "minimal.yaml", "--until-idle", "soon"}), 0);
    EXPECT_NE(status_of({"run", kPolicies + "minimal.yaml", "--report", "xml"}), 0);
    EXPECT_EQ(status_of({"--help"}), 0);
    EXPECT_EQ(status_of({"--version"}), 0);
}

}  // namespace
}  // namespace synward::test
