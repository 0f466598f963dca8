// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "wire/usual_frame.h"
#include "wire/usual_headers.h"

namespace synward::wire {

/// What the SYN-ACKs to usual SYNs are to say, for as many as come together. Places are those of
/// the SYNs. One worker's thread.
struct SynAcks {
    /// What all answers of one server have in common, as it lies in memory.
    struct Words {
        Big32 options_head;  ///< what LinuxOptionsText begins with, and ends with
        Big32 options_tail;
        Big32 window;  ///< in the word of the TCP header in which it lies, all else zero
        Big32 nothing;
    };
    static_assert(sizeof(Words) == 16);

    alignas(Lanes) UsualHeaders::Column<Words> words;
    UsualHeaders::Column<std::uint32_t> sequence;  ///< in host byte order
    /// In host byte order; without a meaning where there are no options.
    UsualHeaders::Column<std::uint32_t> timestamp;
    bool have_window = false;  ///< else all windows are zero
};

/// Writes SYN-ACKs over the SYNs that they answer, `frames`, all of which `syns` has read and found
/// to be linux_syns() or bare_syns(), from place `first` on; the former's have all of Linux's
/// options, the latter's none. Each gives the bytes that write_segment() would, and up to
/// UsualHeaders::kReach more, zeros.
[[gnu::hot]] void write_syn_acks(const UsualHeaders& syns, const SynAcks& answers, unsigned first,
                                 unsigned count, const UsualHeaders::Frames& frames);

/// How long they are: Ethernet's header and all behind it.
inline constexpr std::uint32_t kLinuxSynAckLength = kUsualTcpOffset + kTcpWithLinuxOptions;
inline constexpr std::uint32_t kBareSynAckLength = kUsualTcpOffset + sizeof(TcpHeader);

}  // namespace synward::wire
