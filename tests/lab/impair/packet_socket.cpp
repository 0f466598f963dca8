// SPDX-License-Identifier: BSD-3-Clause
#include "impair/packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace synward::impair {
namespace {

constexpr std::uint32_t kFrames = 8192;
constexpr std::uint32_t kMostTagLength = 8;
constexpr std::uint32_t kTagLength = 4;
constexpr std::uint32_t kMacLength = 12;  // both addresses, in front of the tag

[[noreturn]] void fail(const std::string& device, const char* what) {
    throw std::system_error(errno, std::generic_category(), device + ": " + what);
}

template <typename Value>
void set(int descriptor, int option, const Value& value, const std::string& device,
         const char* what) {
    if (setsockopt(descriptor, SOL_PACKET, option, &value, sizeof value) != 0) {
        fail(device, what);
    }
}

std::uint32_t mtu_of(int descriptor, const std::string& device) {
    ifreq request{};
    device.copy(request.ifr_name, sizeof request.ifr_name - 1);
    if (ioctl(descriptor, SIOCGIFMTU, &request) != 0) {
        fail(device, "MTU");
    }
    return static_cast<std::uint32_t>(request.ifr_mtu);
}

tpacket2_hdr& header_at(std::uint8_t* place) {
    return *static_cast<tpacket2_hdr*>(static_cast<void*>(place));
}

/// Puts a tag back in front of the EtherType; the ring has room before the frame for it.
std::uint8_t* with_tag(std::uint8_t* frame, std::uint16_t type, std::uint16_t tag) {
    std::uint8_t* const start = frame - kTagLength;
    std::memmove(start, frame, kMacLength);
    const std::array<std::uint16_t, 2> field{htons(type), htons(tag)};
    std::memcpy(start + kMacLength, field.data(), sizeof field);
    return start;
}

}  // namespace

PacketSocket::PacketSocket(const std::string& device)
    : descriptor_{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    if (descriptor_ < 0) {
        fail(device, "packet socket");
    }
    set(descriptor_, PACKET_IGNORE_OUTGOING, 1, device, "PACKET_IGNORE_OUTGOING");
    set(descriptor_, PACKET_QDISC_BYPASS, 1, device, "PACKET_QDISC_BYPASS");
    open_ring(device);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = address.sll_ifindex;
    promiscuous.mr_type = PACKET_MR_PROMISC;
    set(descriptor_, PACKET_ADD_MEMBERSHIP, promiscuous, device, "promiscuous mode");
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    if (bind(descriptor_, static_cast<sockaddr*>(static_cast<void*>(&storage)), sizeof address) !=
        0) {
        fail(device, "bind");
    }
}

PacketSocket::~PacketSocket() {
    munmap(ring_, ring_length_);
    close(descriptor_);
}

void PacketSocket::open_ring(const std::string& device) {
    set(descriptor_, PACKET_VERSION, int{TPACKET_V2}, device, "PACKET_VERSION");
    set(descriptor_, PACKET_RESERVE, unsigned{kTagLength}, device, "PACKET_RESERVE");
    longest_ = mtu_of(descriptor_, device) + ETH_HLEN + kMostTagLength;
    const std::uint32_t overhead = TPACKET_ALIGN(TPACKET2_HDRLEN) + kTagLength + TPACKET_ALIGNMENT;
    frame_length_ = std::bit_ceil(longest_ + overhead);
    frames_ = kFrames;
    tpacket_req request{};
    request.tp_frame_size = frame_length_;
    request.tp_block_size = std::max(frame_length_, 1U << 16U);
    request.tp_frame_nr = frames_;
    request.tp_block_nr = frames_ / (request.tp_block_size / frame_length_);
    set(descriptor_, PACKET_RX_RING, request, device, "PACKET_RX_RING");
    ring_length_ = std::size_t{frames_} * frame_length_;
    void* const mapped =
        mmap(nullptr, ring_length_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) {
        fail(device, "mmap");
    }
    ring_ = static_cast<std::uint8_t*>(mapped);
}

std::span<const std::uint8_t> PacketSocket::front() {
    std::uint8_t* const place = ring_ + std::size_t{place_} * frame_length_;
    tpacket2_hdr& header = header_at(place);
    const std::uint32_t status =
        std::atomic_ref<std::uint32_t>{header.tp_status}.load(std::memory_order_acquire);
    if ((status & TP_STATUS_USER) == 0) {
        return {};
    }
    std::uint8_t* frame = place + header.tp_mac;
    std::size_t length = header.tp_snaplen;
    if ((status & TP_STATUS_VLAN_VALID) != 0) {
        const bool names_type = (status & TP_STATUS_VLAN_TPID_VALID) != 0;
        const std::uint16_t type = names_type ? header.tp_vlan_tpid : std::uint16_t{ETH_P_8021Q};
        frame = with_tag(frame, type, header.tp_vlan_tci);
        length += kTagLength;
    }
    return {frame, length};
}

void PacketSocket::pop() {
    tpacket2_hdr& header = header_at(ring_ + std::size_t{place_} * frame_length_);
    std::atomic_ref<std::uint32_t>{header.tp_status}.store(TP_STATUS_KERNEL,
                                                           std::memory_order_release);
    place_ = place_ + 1 == frames_ ? 0 : place_ + 1;
}

std::size_t PacketSocket::send(std::span<const std::span<const std::uint8_t>> frames) {
    std::array<iovec, kBatch> pieces;
    std::array<mmsghdr, kBatch> messages{};
    const std::size_t count = std::min(frames.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
        pieces[i] = {const_cast<std::uint8_t*>(frames[i].data()), frames[i].size()};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent =
        sendmmsg(descriptor_, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::uint64_t PacketSocket::missed() {
    tpacket_stats statistics{};
    socklen_t length = sizeof statistics;
    getsockopt(descriptor_, SOL_PACKET, PACKET_STATISTICS, &statistics, &length);
    return statistics.tp_drops;
}

}  // namespace synward::impair
