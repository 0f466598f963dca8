// SPDX-License-Identifier: BSD-3-Clause
#include "control/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace synward::control {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(EventLoop, TakesASignalThatCameBeforeItRan) {
    EventLoop loop;
    int taken = 0;
    const auto watch = loop.on_signal(SIGUSR1, [&] {
        ++taken;
        loop.stop();
    });
    ::kill(getpid(), SIGUSR1);
    loop.run();
    EXPECT_EQ(taken, 1);
}

TEST(EventLoop, CallsForADescriptorAsLongAsItIsReady) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    ASSERT_EQ(write(ends[1], "abc", 3), 3);
    EventLoop loop;
    std::string text;
    const auto watch = loop.on_ready(ends[0], EPOLLIN, [&] {
        char octet = 0;
        ASSERT_EQ(read(ends[0], &octet, 1), 1);
        text += octet;
        if (text.size() == 3) {
            loop.stop();
        }
    });
    loop.run();
    EXPECT_EQ(text, "abc");
    close(ends[0]);
    close(ends[1]);
}

TEST(EventLoop, TimersRepeatAtTheirInterval) {
    EventLoop loop;
    int turns = 0;
    const auto start = steady_clock::now();
    const auto watch = loop.every(5ms, [&] {
        if (++turns == 4) {
            loop.stop();
        }
    });
    loop.run();
    EXPECT_EQ(turns, 4);
    EXPECT_GE(steady_clock::now() - start, 20ms);
    EXPECT_LT(steady_clock::now() - start, 2s);
}

TEST(EventLoop, ACallbackMayEndItsOwnWatch) {
    EventLoop loop;
    int calls = 0;
    std::optional<EventLoop::Watch> once;
    once = loop.every(1ms, [&] {
        once.reset();
        ++calls;  // what it captured must still be there
    });
    const auto end = loop.every(20ms, [&] { loop.stop(); });
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST(EventLoop, WhatACallbackThrowsEndsTheRunAndIsThrown) {
    EventLoop loop;
    const auto watch = loop.every(1ms, [] { throw std::runtime_error{"the disk is full"}; });
    try {
        loop.run();
        FAIL() << "nothing thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "the disk is full");
    }
}

}  // namespace
}  // namespace synward::control
