// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "control/ctl/commands.h"

namespace synward::control::ctl {
namespace {

constexpr int kRefused = 1;
constexpr int kUnreachable = 2;

}  // namespace

int run(int argc, char** argv) {
    CLI::App app;
    Context context;
    add_all(app, context);
    CLI11_PARSE(app, argc, argv);
    try {
        Connection connection{context.socket};
        context.run(connection);
        return 0;
    } catch (const Unreachable& error) {
        fmt::print(stderr, "synwardctl: {}\n", error.what());
        return kUnreachable;
    } catch (const std::exception& error) {
        fmt::print(stderr, "synwardctl: {}\n", error.what());
        return kRefused;
    }
}

}  // namespace synward::control::ctl

int main(int argc, char** argv) {
    return synward::control::ctl::run(argc, argv);
}
