// SPDX-License-Identifier: BSD-3-Clause
#include "control/ctl/pcapng.h"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace synward::control::ctl {
namespace {

// Block types, and options by what they are in.
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a, kInterface = 1, kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;  // as this machine has it: readers turn it
constexpr std::uint16_t kEndOfOptions = 0, kComment = 1, kApplication = 4;
constexpr std::uint16_t kInterfaceName = 2, kTimeResolution = 9;
constexpr std::uint16_t kPacketFlags = 2;
constexpr std::uint16_t kEthernet = 1;
constexpr std::uint8_t kNanoseconds = 9;  // ten to the minus nine

}  // namespace

PcapngWriter::PcapngWriter(std::FILE* file) : file_{file} {
    begin(kSectionHeader);
    put_number(kByteOrder);
    put_number(std::uint16_t{1});  // version 1.0
    put_number(std::uint16_t{0});
    put_number(~std::uint64_t{0});  // how long the section is, is not known
    constexpr std::string_view kProgram = "synwardctl " SYNWARD_VERSION;
    put_option(kApplication, kProgram.data(), kProgram.size());
    end();
}

void PcapngWriter::add_interface(std::string_view name, std::uint32_t snap) {
    begin(kInterface);
    put_number(kEthernet);
    put_number(std::uint16_t{0});
    put_number(snap);
    put_option(kInterfaceName, name.data(), name.size());
    put_option(kTimeResolution, &kNanoseconds, sizeof kNanoseconds);
    end();
}

void PcapngWriter::add_packet(std::uint32_t interface, std::uint64_t time, std::uint32_t length,
                              std::span<const std::uint8_t> bytes, Direction direction,
                              std::string_view comment) {
    begin(kEnhancedPacket);
    put_number(interface);
    put_number(static_cast<std::uint32_t>(time >> 32U));
    put_number(static_cast<std::uint32_t>(time));
    put_number(static_cast<std::uint32_t>(bytes.size()));
    put_number(length);
    put(bytes.data(), bytes.size());
    pad();
    const auto flags = static_cast<std::uint32_t>(direction);
    put_option(kPacketFlags, &flags, sizeof flags);
    put_option(kComment, comment.data(), comment.size());
    end();
}

void PcapngWriter::begin(std::uint32_t type) {
    block_.clear();
    put_number(type);
    put_number(std::uint32_t{0});  // the length: see end()
}

void PcapngWriter::put(const void* bytes, std::size_t length) {
    const auto* const first = static_cast<const std::uint8_t*>(bytes);
    block_.insert(block_.end(), first, first + length);
}

void PcapngWriter::pad() {
    block_.resize((block_.size() + 3) / 4 * 4);
}

void PcapngWriter::put_option(std::uint16_t code, const void* bytes, std::size_t length) {
    put_number(code);
    put_number(static_cast<std::uint16_t>(length));
    put(bytes, length);
    pad();
}

void PcapngWriter::end() {
    put_option(kEndOfOptions, nullptr, 0);
    const auto length = static_cast<std::uint32_t>(block_.size() + sizeof(std::uint32_t));
    put_number(length);
    std::memcpy(block_.data() + sizeof(std::uint32_t), &length, sizeof length);
    // At once, so that whoever interrupts the capture has what there was.
    if (std::fwrite(block_.data(), block_.size(), 1, file_) != 1 || std::fflush(file_) != 0) {
        throw std::system_error{errno, std::generic_category(), "the capture file"};
    }
}

}  // namespace synward::control::ctl
