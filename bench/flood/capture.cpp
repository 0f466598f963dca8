// SPDX-License-Identifier: BSD-3-Clause
#include "flood/capture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "flood/packet_factory.h"
#include "flood/pcap_writer.h"

namespace synward::flood {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

std::uint64_t packets_to_write(const Options& options) {
    const std::uint64_t count = options.count.value_or(std::numeric_limits<std::uint64_t>::max());
    if (!options.duration || options.rate <= 0) {
        return count;
    }
    const double seconds = static_cast<double>(options.duration->count()) / kNanosecondsPerSecond;
    return std::min(count, static_cast<std::uint64_t>(std::llround(seconds * options.rate)));
}

}  // namespace

Report write_capture(const Options& options, const std::atomic<bool>& stop) {
    constexpr double kDefaultRate = 1e6;
    const double spacing = kNanosecondsPerSecond / (options.rate > 0 ? options.rate : kDefaultRate);
    const std::uint64_t count = packets_to_write(options);
    PacketFactory factory{options.specification};
    std::vector<std::uint8_t> frame(factory.maximum_length());
    PcapWriter writer{options.write};
    Report report{.kind = options.specification.kind,
                  .target = options.write,
                  .requested_rate = options.rate};
    while (report.sent < count && !stop.load(std::memory_order_relaxed)) {
        const std::uint32_t length = factory.write_next(frame);
        const double time = static_cast<double>(report.sent) * spacing;
        writer.write(std::chrono::nanoseconds{std::llround(time)}, std::span{frame}.first(length));
        ++report.sent;
        report.bytes += length;
    }
    writer.close();
    report.seconds = static_cast<double>(report.sent) * spacing / kNanosecondsPerSecond;
    return report;
}

}  // namespace synward::flood
