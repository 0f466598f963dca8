// SPDX-License-Identifier: BSD-3-Clause
#include "control/errands.h"

#include <gtest/gtest.h>

#include <thread>

namespace synward::control {
namespace {

using std::chrono::milliseconds;

TEST(Errands, AreDoneOnTheThreadOfTheLoop) {
    EventLoop loop;
    Errands errands{loop};
    std::optional<std::thread::id> done_on;
    std::thread other{[&] {
        done_on = errands.run([] { return std::this_thread::get_id(); }, milliseconds{10'000});
        errands.run(
            [&] {
                loop.stop();
                return true;
            },
            milliseconds{10'000});
    }};
    loop.run();
    other.join();
    EXPECT_EQ(done_on, std::this_thread::get_id());
}

TEST(Errands, WhoeverWaitsTooLongGetsNothing) {
    EventLoop loop;
    Errands errands{loop};  // and nobody runs the loop
    std::thread other{[&] { EXPECT_FALSE(errands.run([] { return 1; }, milliseconds{10})); }};
    other.join();
}

TEST(Errands, ClosingThemFreesThoseWhoWait) {
    EventLoop loop;
    Errands errands{loop};
    std::thread other{[&] { EXPECT_FALSE(errands.run([] { return 1; }, milliseconds{60'000})); }};
    std::this_thread::sleep_for(milliseconds{20});
    errands.close();
    other.join();
    std::thread late{[&] { EXPECT_FALSE(errands.run([] { return 1; }, milliseconds{60'000})); }};
    late.join();
}

TEST(Errands, TooManyAreRefused) {
    EventLoop loop;
    Errands errands{loop};
    unsigned done = 0;
    std::thread other{[&] {
        for (unsigned number = 0; number < 1000; ++number) {
            errands.run([&done] { return ++done; }, milliseconds{0});
        }
    }};
    other.join();
    const auto watch = loop.every(milliseconds{50}, [&] { loop.stop(); });
    loop.run();
    EXPECT_GT(done, 0U);
    EXPECT_LT(done, 1000U);
}

}  // namespace
}  // namespace synward::control
