// SPDX-License-Identifier: BSD-3-Clause
#include "flood/pcap_writer.h"

#include <cerrno>
#include <system_error>

namespace synward::flood {
namespace {

struct FileHeader {
    std::uint32_t magic = 0xa1b23c4d;  ///< time stamps in nanoseconds
    std::uint16_t major_version = 2;
    std::uint16_t minor_version = 4;
    std::uint32_t reserved[2] = {};
    std::uint32_t snapshot_length = 65535;
    std::uint32_t link_type = 1;  ///< LINKTYPE_ETHERNET
};
static_assert(sizeof(FileHeader) == 24);

struct RecordHeader {
    std::uint32_t seconds;
    std::uint32_t nanoseconds;
    std::uint32_t captured_length;
    std::uint32_t original_length;
};
static_assert(sizeof(RecordHeader) == 16);

template <typename Header>
void put(std::ofstream& file, const Header& header) {
    file.write(reinterpret_cast<const char*>(&header), sizeof header);
}

}  // namespace

PcapWriter::PcapWriter(const std::string& path)
    : path_{path}, file_{path, std::ios::binary | std::ios::trunc} {
    if (!file_) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
    put(file_, FileHeader{});
}

void PcapWriter::write(std::chrono::nanoseconds time, std::span<const std::uint8_t> frame) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto length = static_cast<std::uint32_t>(frame.size());
    put(file_, RecordHeader{.seconds = static_cast<std::uint32_t>(seconds.count()),
                            .nanoseconds = static_cast<std::uint32_t>((time - seconds).count()),
                            .captured_length = length,
                            .original_length = length});
    file_.write(reinterpret_cast<const char*>(frame.data()),
                static_cast<std::streamsize>(frame.size()));
}

void PcapWriter::close() {
    file_.close();
    if (!file_) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
}

}  // namespace synward::flood
