// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace synward::bench {

/// The calling thread and lcores 1 to `members` - 1, which begin a piece of work at one time. They
/// wait for it awake, so that beginning costs no system call.
class Crew {
  public:
    explicit Crew(unsigned members);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Runs `work(member)` on every member; the cycles of the one that takes longest. Workers that
    /// go on for ever do not wait for each other, so how soon each hears of the beginning, which a
    /// hypervisor may well put off, does not count.
    std::uint64_t run(const std::function<void(unsigned)>& work);

  private:
    struct Member {
        Crew* crew;
        unsigned number;
    };
    static int attend(void* member);
    void take_part(unsigned number);

    unsigned members_;
    std::vector<std::uint64_t> cycles_;  ///< by member, of the last run
    std::vector<Member> others_;
    const std::function<void(unsigned)>* work_ = nullptr;
    std::atomic<unsigned> round_{0};
    std::atomic<unsigned> done_{0};
    std::atomic<bool> stop_{false};
};

}  // namespace synward::bench
