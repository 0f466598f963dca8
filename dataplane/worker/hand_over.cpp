// SPDX-License-Identifier: BSD-3-Clause
#include "worker/hand_over.h"

#include <atomic>
#include <stdexcept>
#include <string>

namespace synward::worker {
HandOver::HandOver(std::uint16_t workers, unsigned places) : workers_{workers} {
    static std::atomic<unsigned> next_name{0};
    static_assert(sizeof(defense::PortNews) % 4 == 0, "as rings want it");
    struct Kind {
        Rings& rings;
        std::size_t size;  // of an element
        unsigned places;
    };
    for (const Kind& kind :
         {Kind{to_decide_, sizeof(void*), places}, Kind{to_send_, sizeof(void*), places},
          Kind{port_news_, sizeof(defense::PortNews), kNewsPlaces}}) {
        for (unsigned pair = 0; pair < unsigned{workers} * workers; ++pair) {
            if (pair / workers == pair % workers) {
                kind.rings.emplace_back(nullptr);  // no worker hands over to itself
                continue;
            }
            const std::string name = "hand_over_" + std::to_string(next_name++);
            kind.rings.emplace_back(
                rte_ring_create_elem(name.c_str(), static_cast<unsigned>(kind.size), kind.places,
                                     SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ));
            if (!kind.rings.back()) {
                throw std::runtime_error{"no memory for the rings between workers"};
            }
        }
    }
}

}  // namespace synward::worker
