// SPDX-License-Identifier: BSD-3-Clause
#include "flood/capture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "flood/packet_factory.h"
#include "support/frame_reader.h"

namespace synward::flood {
namespace {

using test::Bytes;

class Capture : public testing::Test {
  protected:
    Capture() {
        options_.specification.destinations = {*wire::Address::parse("10.0.0.2")};
        options_.write = testing::TempDir() + "flood_capture_" +
                         testing::UnitTest::GetInstance()->current_test_info()->name() + ".pcap";
    }
    ~Capture() override { std::filesystem::remove(options_.write); }

    Bytes written() const {
        std::ifstream file{options_.write, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    Options options_;
    std::atomic<bool> stop_{false};
};

std::uint32_t host32(const Bytes& bytes, std::size_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, &bytes.at(offset + 3) - 3, sizeof value);
    return value;
}

struct Record {
    std::uint64_t nanoseconds;
    Bytes frame;
};

/// Reads the records as draft-ietf-opsawg-pcap section 5 describes them.
std::vector<Record> records(const Bytes& file) {
    std::vector<Record> result;
    for (std::size_t offset = 24; offset < file.size();) {
        const std::uint32_t length = host32(file, offset + 8);
        EXPECT_EQ(host32(file, offset + 12), length);
        const auto first = file.begin() + static_cast<std::ptrdiff_t>(offset) + 16;
        result.push_back({host32(file, offset) * 1'000'000'000ULL + host32(file, offset + 4),
                          Bytes(first, first + length)});
        offset += 16 + length;
    }
    return result;
}

TEST_F(Capture, HoldsThePacketsOfTheFactoryAtTheirTimes) {
    options_.count = 2500;
    options_.rate = 1000;
    const Report report = write_capture(options_, stop_);
    EXPECT_EQ(report.sent, 2500U);
    EXPECT_DOUBLE_EQ(report.seconds, 2.5);

    const Bytes file = written();
    EXPECT_EQ(host32(file, 0), 0xa1b23c4d) << "nanoseconds";
    EXPECT_EQ(host32(file, 4), 2U | 4U << 16U) << "version 2.4";
    EXPECT_EQ(host32(file, 20), 1U) << "Ethernet";
    const auto read = records(file);
    ASSERT_EQ(read.size(), 2500U);
    PacketFactory factory{options_.specification};
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < read.size(); ++i) {
        Bytes frame(factory.maximum_length());
        frame.resize(factory.write_next(frame));
        ASSERT_EQ(read[i].frame, frame);
        EXPECT_EQ(read[i].nanoseconds, i * 1'000'000);
        bytes += frame.size();
    }
    EXPECT_EQ(report.bytes, bytes);
}

TEST_F(Capture, EndsWithTheSoonerOfCountAndDuration) {
    options_.rate = 1000;
    options_.duration = std::chrono::milliseconds{50};
    EXPECT_EQ(write_capture(options_, stop_).sent, 50U);
    options_.count = 20;
    EXPECT_EQ(write_capture(options_, stop_).sent, 20U);
    EXPECT_EQ(records(written()).size(), 20U);
}

TEST_F(Capture, EndsWhenStopped) {
    options_.count = 1'000'000'000;
    stop_ = true;
    EXPECT_EQ(write_capture(options_, stop_).sent, 0U);
    EXPECT_EQ(written().size(), 24U);
}

TEST_F(Capture, SaysWhenTheFileCannotBeWritten) {
    options_.count = 100'000;
    for (const char* path : {"/nonexistent/a.pcap", "/dev/full"}) {
        options_.write = path;
        EXPECT_THROW(write_capture(options_, stop_), std::system_error) << path;
        options_.write = "";
    }
}

}  // namespace
}  // namespace synward::flood
