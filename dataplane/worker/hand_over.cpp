// SPDX-License-Identifier: BSD-3-Clause
#include "worker/hand_over.h"

#include <atomic>
#include <stdexcept>
#include <string>

namespace synward::worker {

HandOver::HandOver(std::uint16_t workers, unsigned places) : workers_{workers} {
    static std::atomic<unsigned> next_name{0};
    for (Rings* const rings : {&to_decide_, &to_send_}) {
        for (unsigned pair = 0; pair < unsigned{workers} * workers; ++pair) {
            if (pair / workers == pair % workers) {
                rings->emplace_back(nullptr);  // no worker hands over to itself
                continue;
            }
            const std::string name = "hand_over_" + std::to_string(next_name++);
            rings->emplace_back(rte_ring_create(name.c_str(), places, SOCKET_ID_ANY,
                                                RING_F_SP_ENQ | RING_F_SC_DEQ));
            if (!rings->back()) {
                throw std::runtime_error{"no memory for the rings between workers"};
            }
        }
    }
}

}  // namespace synward::worker
