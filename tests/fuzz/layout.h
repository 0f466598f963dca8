// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "support/frame_builder.h"

namespace synward::fuzz {

/// Where the headers of a frame seem to lie, read without any code of the data plane; what does not
/// lie within the frame is not found.
struct Layout {
    bool has_ip = false;
    bool has_tcp = false;
    bool is_ipv4 = false;
    std::size_t ip = 0;
    std::size_t tcp = 0;  ///< behind at most four extension headers
    std::size_t end = 0;  ///< of the IP packet, at most the frame's

    explicit Layout(const test::Bytes& frame);
};

/// Makes the IPv4 and TCP checksums right, as far as the frame has them.
void fix_checksums(test::Bytes& frame);
/// Makes IP's length say how long the frame is.
void fix_lengths(test::Bytes& frame);

}  // namespace synward::fuzz
