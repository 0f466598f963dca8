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

    /// Runs `work(member)` on every member; cycles from the beginning until the last has ended.
    std::uint64_t run(const std::function<void(unsigned)>& work);

  private:
    struct Member {
        Crew* crew;
        unsigned number;
    };
    static int attend(void* member);

    unsigned members_;
    std::vector<Member> others_;
    const std::function<void(unsigned)>* work_ = nullptr;
    std::atomic<unsigned> round_{0};
    std::atomic<unsigned> done_{0};
    std::atomic<bool> stop_{false};
};

}  // namespace synward::bench
