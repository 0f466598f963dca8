// SPDX-License-Identifier: BSD-3-Clause
#include "impair/options.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "config/values.h"
#include "flood/text_values.h"

namespace synward::impair {
namespace {

constexpr int kUsageError = 2;

std::optional<Duration> parse_duration(std::string_view text) {
    const auto parsed = config::parse_duration(text);
    const auto* microseconds = std::get_if<std::uint64_t>(&parsed);
    if (microseconds == nullptr) {
        return std::nullopt;
    }
    return std::chrono::microseconds{*microseconds};
}

/// An option for both directions, and one more for each of them alone, which goes before.
template <typename Value, typename Parse>
void add(CLI::App& app, const std::string& name, const std::string& expected, Parse parse,
         Value Impairment::*member, Options& options) {
    const auto read = [=](const std::vector<std::string>& texts) {
        const auto value = parse(texts.front());
        if (!value) {
            throw CLI::ValidationError(name, "'" + texts.front() + "' is no " + expected);
        }
        return *value;
    };
    const auto add_one = [&](const std::string& suffix, const std::string& description,
                             auto store) {
        // CLI11 calls back in the order in which options were added: the special ones come last.
        app.add_option_function<std::vector<std::string>>(
               name + suffix, [=](const std::vector<std::string>& texts) { store(read(texts)); },
               description)
            ->expected(1)
            ->type_name("");
    };
    add_one("", expected + ", both ways", [&options, member](Value value) {
        options.to_right.*member = options.to_left.*member = value;
    });
    add_one("-to-right", "left to right alone",
            [&options, member](Value value) { options.to_right.*member = value; });
    add_one("-to-left", "right to left alone",
            [&options, member](Value value) { options.to_left.*member = value; });
}

}  // namespace

std::optional<double> parse_share(std::string_view text) {
    double unit = 1;
    if (text.ends_with('%')) {
        text.remove_suffix(1);
        unit = 0.01;
    }
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || !(number >= 0) || number * unit > 1) {
        return std::nullopt;
    }
    return number * unit;
}

std::variant<Options, int> parse_command_line(int argc, const char* const* argv) {
    Options options;
    CLI::App app{
        "A wire between two network devices that harms what crosses it. Prints as JSON, "
        "when it is interrupted, what became of every packet.",
        "impair"};
    app.add_option("--left", options.left, "device towards the clients")->required();
    app.add_option("--right", options.right, "device towards the servers")->required();
    const std::string duration = "duration such as 50ms or 100us";
    const std::string share = "share such as 2%";
    add(app, "--delay", duration, parse_duration, &Impairment::delay, options);
    add(app, "--jitter", duration, parse_duration, &Impairment::jitter, options);
    add(app, "--loss", share, parse_share, &Impairment::loss, options);
    add(app, "--duplicate", share, parse_share, &Impairment::duplicate, options);
    add(app, "--reorder", share, parse_share, &Impairment::reorder, options);
    add(app, "--reorder-delay", duration, parse_duration, &Impairment::reorder_delay, options);
    add(app, "--corrupt", share, parse_share, &Impairment::corrupt, options);
    add(app, "--rate", "rate in bits per second such as 100M", flood::parse_rate, &Impairment::rate,
        options);
    app.add_option("--seed", options.seed, "of the dice: the same packets meet the same fate");
    app.add_option("--queue", options.queue, "most packets on their way in one direction")
        ->check(CLI::Range(1U, 1U << 20U));
    app.add_flag("--lose-third-segment", options.lose_third_segment,
                 "lose the ACK with which each client at the left completes its handshake");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
    return options;
}

}  // namespace synward::impair
