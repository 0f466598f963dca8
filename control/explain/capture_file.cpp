// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/capture_file.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <span>
#include <stdexcept>

#include "wire/headers.h"

namespace synward::control::explain {
namespace {

// Linux's cooked headers, where they say what follows and how long they are (LINKTYPE_LINUX_SLL and
// LINKTYPE_LINUX_SLL2 of the tcpdump group's registry).
constexpr std::size_t kCookedLength = 16;
constexpr std::size_t kCookedProtocol = 14;
constexpr std::size_t kCooked2Length = 20;
constexpr std::size_t kCooked2Protocol = 0;
constexpr std::size_t kEthernetAddresses = 12;

using Bytes = std::vector<std::uint8_t>;

/// The frame with an Ethernet header in place of the first `skipped` bytes.
Bytes framed(std::span<const std::uint8_t> bytes, std::size_t skipped, std::uint16_t ether_type) {
    Bytes frame(kEthernetAddresses, 0);
    frame[0] = frame[kEthernetAddresses / 2] = 0x02;  // locally administered
    frame.push_back(static_cast<std::uint8_t>(ether_type >> 8U));
    frame.push_back(static_cast<std::uint8_t>(ether_type & 0xffU));
    frame.insert(frame.end(), bytes.begin() + static_cast<std::ptrdiff_t>(skipped), bytes.end());
    return frame;
}

Bytes without_cooked_header(std::span<const std::uint8_t> bytes, std::size_t length,
                            std::size_t protocol) {
    if (bytes.size() < length) {
        return {};
    }
    return framed(bytes, length,
                  static_cast<std::uint16_t>(bytes[protocol] << 8U | bytes[protocol + 1]));
}

Bytes of_bare_ip(std::span<const std::uint8_t> bytes) {
    const bool is_ipv6 = !bytes.empty() && bytes[0] >> 4U == 6;
    return framed(bytes, 0, is_ipv6 ? wire::kEtherTypeIpv6 : wire::kEtherTypeIpv4);
}

bool can_be_read(int link_type) {
    return link_type == DLT_EN10MB || link_type == DLT_LINUX_SLL || link_type == DLT_LINUX_SLL2 ||
           link_type == DLT_RAW || link_type == DLT_IPV4 || link_type == DLT_IPV6;
}

Bytes as_ethernet(std::span<const std::uint8_t> bytes, int link_type) {
    switch (link_type) {
        case DLT_LINUX_SLL:
            return without_cooked_header(bytes, kCookedLength, kCookedProtocol);
        case DLT_LINUX_SLL2:
            return without_cooked_header(bytes, kCooked2Length, kCooked2Protocol);
        case DLT_RAW:
        case DLT_IPV4:
        case DLT_IPV6:
            return of_bare_ip(bytes);
        default:
            return {bytes.begin(), bytes.end()};
    }
}

}  // namespace

void CaptureFile::Close::operator()(pcap* file) const {
    pcap_close(file);
}

CaptureFile::CaptureFile(const std::string& path) : path_{path} {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    file_.reset(pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO,
                                                        error.data()));
    if (!file_) {
        const std::string reason = error.data();
        throw std::runtime_error{reason.starts_with(path) ? reason : path + ": " + reason};
    }
    link_type_ = pcap_datalink(file_.get());
    if (!can_be_read(link_type_)) {
        const char* const name = pcap_datalink_val_to_name(link_type_);
        throw std::runtime_error{
            fmt::format("{}: a capture of link type {}, and only Ethernet, Linux's cooked headers "
                        "and bare IP can be read",
                        path, name == nullptr ? std::to_string(link_type_) : name)};
    }
}

std::optional<CapturedFrame> CaptureFile::next() {
    pcap_pkthdr* header = nullptr;
    const std::uint8_t* data = nullptr;
    const int result = pcap_next_ex(file_.get(), &header, &data);
    if (result == PCAP_ERROR_BREAK) {
        return std::nullopt;
    }
    if (result != 1) {
        throw std::runtime_error{path_ + ": " + pcap_geterr(file_.get())};
    }
    CapturedFrame frame;
    // With PCAP_TSTAMP_PRECISION_NANO the field holds nanoseconds.
    frame.time =
        std::chrono::seconds{header->ts.tv_sec} + std::chrono::nanoseconds{header->ts.tv_usec};
    frame.bytes = as_ethernet({data, header->caplen}, link_type_);
    const std::size_t cut = header->len > header->caplen ? header->len - header->caplen : 0;
    frame.length = static_cast<std::uint32_t>(frame.bytes.size() + cut);
    return frame;
}

}  // namespace synward::control::explain
