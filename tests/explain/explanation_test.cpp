// SPDX-License-Identifier: BSD-3-Clause
//
// What captures may be like, and what is asked of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "config/load.h"
#include "control/explain/explain.h"
#include "control/explain/ladder.h"
#include "explain/captured.h"
#include "flood/pcap_writer.h"

namespace synward::test {
namespace {

namespace explain = control::explain;
using namespace std::chrono_literals;
using wire::Reason;

class Explanations : public testing::Test {
  protected:
    Explanations()
        : path_{std::filesystem::path{testing::TempDir()} /
                testing::UnitTest::GetInstance()->current_test_info()->name()} {}
    ~Explanations() override { std::filesystem::remove(path_); }

    void write(const Captured::Frames& frames) {
        flood::PcapWriter writer{path_};
        for (const auto& [time, frame] : frames) {
            writer.write(1'700'000'000s + time, frame);
        }
        writer.close();
    }
    void write_bytes(const Bytes& bytes) {
        std::ofstream{path_, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                                     static_cast<std::streamsize>(bytes.size()));
    }
    explain::Outcome outcome(const std::string& service, const explain::Choices& choices = {}) {
        const auto loaded = config::load_text(
            "links: [{name: link, outside: net_null0, inside: net_null1}]\n"
            "services: [{name: web, addresses: [198.51.100.0/24], " +
                service + "}]\n",
            "policy.yaml");
        return explain::explain(loaded.configuration.value(), path_, choices,
                                explain::longest_frame_of(path_));
    }
    static std::uint64_t count(const explain::Outcome& outcome, Reason reason) {
        return outcome.by_reason[static_cast<std::size_t>(reason)];
    }

    std::string path_;
};

void put32(Bytes& bytes, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

/// A block of pcapng (draft-ietf-opsawg-pcapng section 3.1).
void put_block(Bytes& file, std::uint32_t type, Bytes body) {
    body.resize((body.size() + 3) / 4 * 4);
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    put32(file, type);
    put32(file, length);
    file.insert(file.end(), body.begin(), body.end());
    put32(file, length);
}

TEST_F(Explanations, ReadPcapngWithNanoseconds) {
    Bytes file;
    put_block(file, 0x0a0d'0d0a,
              {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255});
    // Ethernet, if_tsresol 9.
    put_block(file, 1, {1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0});
    const Captured captured = Captured{}.handshake();
    for (const auto& [time, frame] : captured.frames()) {
        const auto stamp = static_cast<std::uint64_t>(
            std::chrono::nanoseconds{1'700'000'000s + time + 7ns}.count());
        Bytes body;
        put32(body, 0);
        put32(body, static_cast<std::uint32_t>(stamp >> 32U));
        put32(body, static_cast<std::uint32_t>(stamp));
        put32(body, static_cast<std::uint32_t>(frame.size()));
        put32(body, static_cast<std::uint32_t>(frame.size()));
        body.insert(body.end(), frame.begin(), frame.end());
        put_block(file, 6, body);
    }
    write_bytes(file);
    const explain::Outcome result = outcome("challenge: never");
    ASSERT_EQ(result.stories.size(), 1U);
    EXPECT_EQ(result.stories[0].rows.size(), 3U);
    EXPECT_EQ(result.stories[0].rows[2].time, 300us);
    EXPECT_EQ(count(result, Reason::kHandshakeCompleted), 1U);
}

TEST_F(Explanations, ReadPcapOfBareIpWithMicroseconds) {
    Bytes file;
    put32(file, 0xa1b2'c3d4);
    put32(file, 0x0004'0002);
    put32(file, 0);
    put32(file, 0);
    put32(file, 65'535);
    put32(file, 101);  // LINKTYPE_RAW
    const Captured captured = Captured{}.handshake();
    for (const auto& [time, frame] : captured.frames()) {
        put32(file, 1'700'000'000);
        put32(file, static_cast<std::uint32_t>(time.count()));
        put32(file, static_cast<std::uint32_t>(frame.size() - 14));
        put32(file, static_cast<std::uint32_t>(frame.size() - 14));
        file.insert(file.end(), frame.begin() + 14, frame.end());
    }
    write_bytes(file);
    const explain::Outcome result = outcome("challenge: never");
    EXPECT_EQ(count(result, Reason::kHandshakeCompleted), 1U);
    EXPECT_EQ(result.stories.at(0).rows.at(1).time, 150us);
}

TEST_F(Explanations, FillUpWhatTheCaptureHasCutOff) {
    Bytes file;
    put32(file, 0xa1b2'c3d4);
    put32(file, 0x0004'0002);
    put32(file, 0);
    put32(file, 0);
    put32(file, 96);
    put32(file, 1);
    const Captured captured = Captured{}.handshake().exchange();
    for (const auto& [time, frame] : captured.frames()) {
        const std::size_t kept = std::min<std::size_t>(frame.size(), 96);
        put32(file, 1'700'000'000);
        put32(file, static_cast<std::uint32_t>(time.count()));
        put32(file, static_cast<std::uint32_t>(kept));
        put32(file, static_cast<std::uint32_t>(frame.size()));
        file.insert(file.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    write_bytes(file);
    const explain::Outcome result = outcome("challenge: never");
    EXPECT_EQ(count(result, Reason::kInConnection), 3U);
    EXPECT_EQ(result.stories.at(0).rows.at(4).arrival->length, 1200U);
}

TEST_F(Explanations, LeaveACaptureAsItIsIfAsked) {
    write(Captured{}.handshake().frames());
    const explain::Outcome result = outcome("challenge: always", {.as_captured = true});
    EXPECT_EQ(count(result, Reason::kSynChallenged), 1U);
    EXPECT_EQ(count(result, Reason::kSynAckWithoutFlow), 1U);
    EXPECT_EQ(count(result, Reason::kCookieInvalid), 1U);
}

TEST_F(Explanations, MendChecksumsIfAsked) {
    Captured captured;
    captured.frame(captured.ends().to_server().flags(kSyn).tcp_checksum(0x1234).bytes());
    write(captured.frames());
    const explain::Outcome without = outcome("challenge: always");
    EXPECT_EQ(without.wrong_checksums, 1U);
    EXPECT_NE(explain::ladders_of(without).find("--mend-checksums"), std::string::npos);
    const explain::Outcome with = outcome("challenge: always", {.mend_checksums = true});
    EXPECT_EQ(with.wrong_checksums, 0U);
    EXPECT_EQ(count(with, Reason::kSynChallenged), 1U);
}

TEST_F(Explanations, TellOfTheConnectionsThatAreAskedFor) {
    Captured::Frames frames;
    for (unsigned client = 1; client <= 5; ++client) {
        const Captured::Frames one = Captured{Dialogue::Style{.client = client}}.syn().frames();
        frames.insert(frames.end(), one.begin(), one.end());
    }
    write(frames);
    const explain::Outcome few = outcome("challenge: never", {.most_stories = 2});
    EXPECT_EQ(few.stories.size(), 2U);
    EXPECT_EQ(few.untold, 3U);
    EXPECT_EQ(count(few, Reason::kSynUnchallenged), 5U);
    const explain::Outcome one =
        outcome("challenge: never", {.end = control::parse_endpoint("203.0.0.4:40000")});
    ASSERT_EQ(one.stories.size(), 1U);
    EXPECT_EQ(one.stories[0].tuple.outside_address.text(), "203.0.0.4");
}

TEST_F(Explanations, LeaveOutWhatIsOfNoService) {
    Captured::Frames frames = Captured{}.syn().frames();
    frames.emplace_back(1us, FrameBuilder{}.ipv4("192.0.2.1", "192.0.2.9").bytes());
    frames.emplace_back(2us, Bytes(60, 0xff));
    write(frames);
    const explain::Outcome result = outcome("challenge: never");
    EXPECT_EQ(result.frames, 3U);
    EXPECT_EQ(result.of_no_service, 1U);
    EXPECT_EQ(result.not_tcp, 1U);
}

TEST_F(Explanations, AreTheSameEachTime) {
    write(Captured{}.handshake().exchange().frames());
    EXPECT_EQ(explain::json_of(outcome("challenge: always")),
              explain::json_of(outcome("challenge: always")));
}

TEST_F(Explanations, AreToldToPrograms) {
    write(Captured{}.handshake().frames());
    const auto object =
        nlohmann::json::parse(explain::json_of(outcome("challenge: always, probe: false")));
    EXPECT_EQ(object.at("frames"), 3);
    EXPECT_EQ(object.at("reasons").at("cookie_redeemed"), 1);
    const auto& connection = object.at("connections").at(0);
    EXPECT_EQ(connection.at("client"), "203.0.0.1:40000");
    EXPECT_EQ(connection.at("service"), "web");
    const auto& syn = connection.at("rows").at(0);
    EXPECT_EQ(syn.at("verdict"), "answered");
    EXPECT_EQ(syn.at("arrives").at("sequence"), 0x1000'0000);
    EXPECT_EQ(syn.at("arrives").at("relative_sequence"), 0);
    EXPECT_TRUE(syn.at("states").is_null());
    const auto& third = connection.at("rows").at(2);
    EXPECT_EQ(third.at("reason"), "cookie_redeemed");
    EXPECT_EQ(third.at("leaves").at("what"), "SYN");
    EXPECT_EQ(third.at("leaves").at("to"), "inside");
    EXPECT_EQ(third.at("states").at("client"), "ESTABLISHED");
}

TEST_F(Explanations, RefuseWhatIsNoCapture) {
    write_bytes(Bytes(100, 0x42));
    try {
        outcome("challenge: never");
        FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string{error.what()}.find(path_), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace synward::test
