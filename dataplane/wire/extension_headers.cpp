// SPDX-License-Identifier: BSD-3-Clause
#include "wire/extension_headers.h"

#include "wire/headers.h"

namespace synward::wire {
namespace {

/// Far more than any sender has use for; a bound on the work that one packet can ask for.
constexpr unsigned kMaximumExtensionHeaders = 8;

struct ExtensionHeader {
    std::uint8_t next_header;
    std::uint8_t length;  ///< its unit depends on the header
    Big16 fragment_offset_and_more;
    Big32 rest;
};
static_assert(sizeof(ExtensionHeader) == 8);

}  // namespace

UpperLayer walk_extension_headers(std::span<const std::uint8_t> bytes, std::uint8_t next_header,
                                  unsigned offset) {
    using enum UpperLayer::Kind;
    bool is_fragment = false;
    for (unsigned count = 0; count <= kMaximumExtensionHeaders; ++count) {
        unsigned unit = 8;
        unsigned uncounted_units = 1;
        switch (next_header) {
            case kProtocolHopByHop:
            case kProtocolRouting:
            case kProtocolDestinationOptions:
            case kProtocolMobility:
            case kProtocolFragment:
                break;
            case kProtocolAuthentication:  // RFC 4302 section 2.2
                unit = 4;
                uncounted_units = 2;
                break;
            default:
                return {is_fragment ? kFragment : kWhole, next_header, offset};
        }
        if (offset + sizeof(ExtensionHeader) > bytes.size()) {
            return {};
        }
        const auto& header = header_at<ExtensionHeader>(&bytes[offset]);
        if (next_header == kProtocolFragment) {
            const unsigned offset_and_more = header.fragment_offset_and_more.host();
            if ((offset_and_more & 0xfff8U) != 0) {
                // Of what may follow an extension header here, only the first fragment tells, and
                // the rest comes to nothing where that one is dropped.
                return {kFragment, header.next_header};
            }
            // Neither offset nor "more" is a whole packet: RFC 6946's atomic fragment.
            is_fragment = is_fragment || (offset_and_more & 1U) != 0;
            offset += sizeof(ExtensionHeader);
        } else {
            offset += (header.length + uncounted_units) * unit;
        }
        next_header = header.next_header;
    }
    return {};
}

}  // namespace synward::wire
