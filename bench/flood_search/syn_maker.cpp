// SPDX-License-Identifier: BSD-3-Clause
#include "flood_search/syn_maker.h"

#include <cstring>

#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/parse.h"
#include "wire/tcp_options.h"

namespace synward::bench {
namespace {

constexpr unsigned kSourceOffset = 12;  // of an IPv4 header
constexpr unsigned kDestinationOffset = 16;

template <typename Field>
void exchange(std::uint8_t* at, Field value, wire::ChecksumUpdate& update) {
    Field old;
    std::memcpy(&old, at, sizeof old);
    update.replace(old, value);
    std::memcpy(at, &value, sizeof value);
}

}  // namespace

SynMaker::SynMaker(unsigned services) : services_{services} {
    Draft draft{.tuple = tuple_of(0, services)};
    draft.tuple.outside_address.bytes[12] = 203;
    draft.fields = {.window = 64'240, .flags = wire::kSyn};
    draft.options = linux_options(0, 0);
    length_ = write_frame(template_, draft);
    wire::parse({template_.data(), length_}, length_, wire::Side::kOutside, segment_);
    const auto options =
        std::span{template_}.subspan(segment_.options_offset(), segment_.options_length());
    timestamps_ = segment_.options_offset() + wire::find_options(options)->timestamps;
}

std::uint32_t SynMaker::write_next(std::uint8_t* frame, std::uint64_t cycles) {
    std::memcpy(frame, template_.data(), length_);
    const std::uint32_t number = random_.next() & 0xfff'ffffU;
    const wire::FourTuple tuple = tuple_of(number, services_);
    std::uint8_t* const ip = frame + segment_.ip_offset;
    std::uint8_t* const tcp = frame + segment_.tcp_offset;
    const auto address = [](const wire::Address& from) {
        wire::Big32 value;
        std::memcpy(&value, from.ipv4(), sizeof value);
        return value;
    };
    auto source = address(tuple.outside_address);
    source.assign((source.host() & 0xff'ffffU) | 203U << 24U);
    wire::ChecksumUpdate addresses;
    exchange(ip + kSourceOffset, source, addresses);
    exchange(ip + kDestinationOffset, address(tuple.inside_address), addresses);
    wire::ChecksumUpdate rest = addresses;
    auto& header = wire::header_at<wire::TcpHeader>(tcp);
    const auto exchange_field = [&](auto& field, auto value) {
        const auto fresh = std::remove_reference_t<decltype(field)>::from_host(value);
        rest.replace(field, fresh);
        field = fresh;
    };
    exchange_field(header.source_port, tuple.outside_port);
    exchange_field(header.sequence, random_.next());
    exchange(frame + timestamps_,
             wire::Big32::from_host(static_cast<std::uint32_t>(cycles >> kStep)), rest);
    addresses.apply(wire::header_at<wire::Ipv4Header>(ip).checksum);
    rest.apply(header.checksum);
    return length_;
}

std::optional<std::uint64_t> SynMaker::delay_of(std::span<const std::uint8_t> frame,
                                                std::uint64_t cycles) {
    wire::Segment segment;
    const auto found =
        wire::parse(frame, static_cast<std::uint32_t>(frame.size()), wire::Side::kInside, segment);
    if (found.kind != wire::FrameKind::kTcp || !segment.has(wire::kSyn) ||
        !segment.has(wire::kAck)) {
        return std::nullopt;
    }
    const auto options = frame.subspan(segment.options_offset(), segment.options_length());
    const auto positions = wire::find_options(options);
    if (!positions || positions->timestamps == 0) {
        return std::nullopt;
    }
    const std::uint32_t made = wire::timestamps_at(options, positions->timestamps).echo_reply;
    return std::uint64_t{static_cast<std::uint32_t>(cycles >> kStep) - made} << kStep;
}

}  // namespace synward::bench
