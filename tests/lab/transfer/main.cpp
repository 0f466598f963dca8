// SPDX-License-Identifier: BSD-3-Clause
// Exchanges numbered streams of pseudo-random bytes over many connections, both ways at once, and
// checks every byte at both ends. `transfer serve ADDRESS PORT` answers; `transfer run ADDRESS
// PORT` asks, and prints as JSON how its connections fared.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sockets.h"
#include "transfer/client.h"
#include "transfer/options.h"
#include "transfer/server.h"

int main(int argc, char** argv) {
    using namespace synward::lab;
    Options options;
    CLI::App app{"Exchanges checked streams over many connections"};
    app.require_subcommand(1);
    CLI::App* const server = app.add_subcommand("serve", "answer");
    CLI::App* const client = app.add_subcommand("run", "ask");
    for (CLI::App* const one : {server, client}) {
        one->add_option("address", options.address)->required();
        one->add_option("port", options.port)->required();
    }
    server->add_flag("--greet", options.greet, "send a banner first");
    client->add_flag("--banner", options.banner, "wait for the server's banner");
    client->add_option("--download", options.download, "bytes on each connection");
    client->add_option("--upload", options.upload, "bytes on each connection");
    client->add_option("--count", options.count, "connections in all");
    client->add_option("--parallel", options.parallel, "connections open at one time");
    client->add_option("--timeout-ms", options.timeout_ms,
                       "a connection has failed after that long");
    CLI11_PARSE(app, argc, argv);
    allow_many_sockets();
    try {
        if (server->parsed()) {
            serve(options);
        }
        std::cout << run_client(options).dump() << '\n';
    } catch (const std::exception& error) {
        std::cerr << "transfer: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
