// SPDX-License-Identifier: BSD-3-Clause
#include "path/crew.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "path/rig.h"

namespace synward::bench {

Crew::Crew(unsigned members) : members_{members}, cycles_(members) {
    others_.reserve(members);
    for (unsigned number = 1; number < members; ++number) {
        others_.push_back({this, number});
        if (rte_eal_remote_launch(attend, &others_.back(), number) != 0) {
            std::fprintf(stderr, "no core for worker %u\n", number);
            std::exit(EXIT_FAILURE);
        }
    }
}

Crew::~Crew() {
    stop_ = true;
    rte_eal_mp_wait_lcore();
}

int Crew::attend(void* argument) {
    const auto& member = *static_cast<Member*>(argument);
    Crew& crew = *member.crew;
    for (unsigned seen = 0; !crew.stop_;) {
        if (crew.round_ == seen) {
            rte_pause();
            continue;
        }
        ++seen;
        crew.take_part(member.number);
        ++crew.done_;
    }
    return 0;
}

std::uint64_t Crew::run(const std::function<void(unsigned)>& work) {
    work_ = &work;
    done_ = 0;
    ++round_;
    take_part(0);
    while (done_ != members_ - 1) {
        rte_pause();
    }
    return *std::ranges::max_element(cycles_);
}

void Crew::take_part(unsigned number) {
    const Stopwatch watch;
    (*work_)(number);
    cycles_[number] = watch.cycles();
}

}  // namespace synward::bench
