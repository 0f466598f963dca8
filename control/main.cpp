// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "config/load.h"
#include "config/values.h"
#include "control/doctor/doctor.h"
#include "control/run.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadPolicy = 2;

/// Prints what is wrong with the policy, one line each.
int complain(const std::vector<synward::config::Diagnostic>& errors) {
    for (const auto& error : errors) {
        fmt::print(stderr, "{}\n", error.text());
    }
    return kBadPolicy;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace synward;
    CLI::App app{"synward: an inline TCP middlebox that keeps SYN floods away from servers"};
    app.set_version_flag("--version", std::string{"synward " SYNWARD_VERSION " (" SYNWARD_CPU ")"});
    app.require_subcommand(1);

    std::string policy_file;
    std::string report_format = "text";
    std::string until_idle;
    CLI::App* const run_command =
        app.add_subcommand("run", "carry and defend traffic until SIGINT or SIGTERM");
    run_command->add_option("policy", policy_file, "the policy file (YAML)")->required();
    run_command->add_option("--report", report_format, "format of the closing report: text or json")
        ->check(CLI::IsMember({"text", "json"}));
    run_command->add_option("--until-idle", until_idle,
                            "end when nothing has arrived for so long, such as 2s");
    bool watch = false;
    run_command->add_flag("--watch", watch,
                          "reload the policy when its file changes, not only at SIGHUP");
    CLI::App* const check_command =
        app.add_subcommand("check", "validate a policy file; exit status 0, or 2 with every error");
    check_command->add_option("policy", policy_file, "the policy file (YAML)")->required();
    CLI::App* const doctor_command = app.add_subcommand(
        "doctor",
        "say what of this machine stands in the way of a policy, and what to do about it");
    doctor_command->add_option("policy", policy_file, "the policy file (YAML)")->required();
    bool as_json = false;
    doctor_command->add_flag("--json", as_json, "for programs");
    CLI11_PARSE(app, argc, argv);

    try {
        const config::LoadResult loaded = config::load_file(policy_file);
        if (!loaded.configuration) {
            return complain(loaded.errors);
        }
        if (check_command->parsed()) {
            fmt::print("{}: good: {} links, {} services\n", policy_file,
                       loaded.configuration->links.size(),
                       loaded.configuration->policy.services.size());
            return 0;
        }
        if (doctor_command->parsed()) {
            const control::Findings findings = control::examine_machine(*loaded.configuration);
            fmt::print("{}", as_json ? control::json_of(findings) : control::text_of(findings));
            return control::none_fails(findings) ? 0 : kFailed;
        }
        control::RunOptions options;
        options.report =
            report_format == "json" ? control::ReportFormat::kJson : control::ReportFormat::kText;
        if (!until_idle.empty()) {
            const auto parsed = config::parse_duration(until_idle);
            if (std::holds_alternative<config::Problem>(parsed)) {
                fmt::print(stderr, "synward: --until-idle: '{}' is no duration such as 2s\n",
                           until_idle);
                return kFailed;
            }
            options.until_idle = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::microseconds{std::get<std::uint64_t>(parsed)});
        }
        options.watch = watch;
        return control::run(*loaded.configuration, policy_file, options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "synward: {}\n", error.what());
        return kFailed;
    }
}
