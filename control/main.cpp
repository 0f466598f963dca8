// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "config/load.h"
#include "config/reference.h"
#include "config/values.h"
#include "control/doctor/doctor.h"
#include "control/endpoint_text.h"
#include "control/explain/explain.h"
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

std::string reference(const std::string& format) {
    using namespace synward::config;
    return format == "manual"        ? reference_as_manual()
           : format == "json-schema" ? reference_as_json_schema()
                                     : reference_as_markdown();
}

/// What `text` says; nothing, and the error printed, where it is no duration.
std::optional<std::chrono::microseconds> duration_of(const char* option, const std::string& text) {
    const auto parsed = synward::config::parse_duration(text);
    if (std::holds_alternative<synward::config::Problem>(parsed)) {
        fmt::print(stderr, "synward: {}: '{}' is no duration such as 2s\n", option, text);
        return std::nullopt;
    }
    return std::chrono::microseconds{std::get<std::uint64_t>(parsed)};
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
    std::string capture_file;
    control::explain::Choices choices;
    std::string afterwards;
    std::string end;
    CLI::App* const explain_command = app.add_subcommand(
        "explain", "say what a policy makes of each segment of a capture, as a ladder diagram");
    explain_command->add_option("capture", capture_file, "the capture (pcap or pcapng)")
        ->required();
    explain_command->add_option("-c,--policy", policy_file, "the policy file (YAML)")->required();
    explain_command->add_flag("--json", as_json, "for programs");
    explain_command->add_option("--end", end,
                                "only connections with this end, such as 192.0.2.1:80");
    explain_command->add_option("--limit", choices.most_stories, "show no more connections")
        ->capture_default_str();
    explain_command->add_option("--afterwards", afterwards,
                                "time that passes after the last frame, such as 30s");
    explain_command->add_flag("--as-captured", choices.as_captured,
                              "leave numbers and order as they are in the capture");
    explain_command->add_flag("--mend-checksums", choices.mend_checksums,
                              "put wrong checksums right");
    std::string reference_format = "markdown";
    CLI::App* const reference_command =
        app.add_subcommand("reference", "describe every key of the policy file");
    reference_command
        ->add_option("format", reference_format,
                     "markdown, manual (a page for man) or json-schema (for editors)")
        ->check(CLI::IsMember({"markdown", "manual", "json-schema"}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    try {
        if (reference_command->parsed()) {
            fmt::print("{}", reference(reference_format));
            return 0;
        }
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
        if (explain_command->parsed()) {
            if (!end.empty() && !(choices.end = control::parse_endpoint(end))) {
                fmt::print(stderr, "synward: --end: '{}' is no end such as 192.0.2.1:80\n", end);
                return kFailed;
            }
            if (!afterwards.empty()) {
                const auto duration = duration_of("--afterwards", afterwards);
                if (!duration) {
                    return kFailed;
                }
                choices.afterwards = *duration;
            }
            return control::explain::run(*loaded.configuration, capture_file, choices, as_json);
        }
        control::RunOptions options;
        options.report =
            report_format == "json" ? control::ReportFormat::kJson : control::ReportFormat::kText;
        if (!until_idle.empty()) {
            const auto duration = duration_of("--until-idle", until_idle);
            if (!duration) {
                return kFailed;
            }
            options.until_idle = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
        }
        options.watch = watch;
        return control::run(*loaded.configuration, policy_file, options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "synward: {}\n", error.what());
        return kFailed;
    }
}
