// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <system_error>

#include "control/ctl/commands.h"
#include "control/ctl/pcapng.h"
#include "control/ctl/text.h"

namespace synward::control::ctl {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct CaptureOptions {
    std::vector<std::string> reasons, verdicts;
    std::string service, address, file;
    std::uint16_t port = 0;
    bool departures = false;
    std::uint64_t count = 1000, seconds = 0, snap = 256;
};

json arguments_of(const CaptureOptions& options) {
    json arguments{{"count", options.count}, {"snap", options.snap}};
    for (const auto& [name, list] :
         {std::pair{"reason", &options.reasons}, {"verdict", &options.verdicts}}) {
        if (!list->empty()) {
            arguments[name] = *list;
        }
    }
    for (const auto& [name, text] :
         {std::pair{"service", &options.service}, {"address", &options.address}}) {
        if (!text->empty()) {
            arguments[name] = *text;
        }
    }
    if (options.port != 0) {
        arguments["port"] = options.port;
    }
    if (options.departures) {
        arguments["departures"] = 1;
    }
    if (options.seconds != 0) {
        arguments["seconds"] = options.seconds;
    }
    return arguments;
}

std::string text_of(const ordered_json& row, const char* name) {
    return row.at(name).get<std::string>();
}

std::vector<std::uint8_t> bytes_of(const std::string& hexadecimal) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(hexadecimal.size() / 2);
    for (std::size_t place = 0; place + 1 < hexadecimal.size(); place += 2) {
        bytes.push_back(
            static_cast<std::uint8_t>(std::stoul(hexadecimal.substr(place, 2), nullptr, 16)));
    }
    return bytes;
}

/// Where the rows go.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void ports(const ordered_json& row) = 0;
    virtual void packet(const ordered_json& row) = 0;
};

class PacketLines : public Sink {
  public:
    void ports(const ordered_json& row) override {
        for (const auto& port : row.at("ports")) {
            names_[port.at("port").get<unsigned>()] =
                text_of(port, "link") + " " + text_of(port, "side");
        }
        fmt::print("{:<18} {:<20} {:<10} {:<28} {:<16} {:>6}\n", "TIME", "PORT", "AS", "REASON",
                   "SERVICE", "BYTES");
    }
    void packet(const ordered_json& row) override {
        const auto time = row.at("time").get<std::uint64_t>();
        fmt::print("{:%H:%M:%S}.{:09} {:<20} {:<10} {:<28} {:<16} {:>6}\n",
                   fmt::localtime(static_cast<std::time_t>(time / 1'000'000'000)),
                   time % 1'000'000'000, names_[row.at("port").get<unsigned>()], text_of(row, "as"),
                   text_of(row, "reason"), text_of(row, "service"),
                   row.at("length").get<std::uint32_t>());
        std::fflush(stdout);
    }

  private:
    std::map<unsigned, std::string> names_;
};

class CaptureFile : public Sink {
  public:
    explicit CaptureFile(const std::string& name)
        : file_{name == "-" ? stdout : std::fopen(name.c_str(), "wbe")} {
        if (file_ == nullptr) {
            throw std::system_error{errno, std::generic_category(), name};
        }
        writer_ = std::make_unique<PcapngWriter>(file_.get());
    }
    void ports(const ordered_json& row) override {
        for (const auto& port : row.at("ports")) {
            const auto number = static_cast<std::uint32_t>(interfaces_.size());
            interfaces_[port.at("port").get<unsigned>()] = number;
            writer_->add_interface(text_of(port, "link") + " " + text_of(port, "side"),
                                   row.at("snap").get<std::uint32_t>());
        }
    }
    void packet(const ordered_json& row) override {
        const std::string as = text_of(row, "as");
        const std::string service = text_of(row, "service");
        std::string comment = text_of(row, "verdict") + ": " + text_of(row, "reason");
        comment += service.empty() ? "" : ", service " + service;
        comment += as == "released" ? ", held before" : "";
        writer_->add_packet(
            interfaces_.at(row.at("port").get<unsigned>()), row.at("time").get<std::uint64_t>(),
            row.at("length").get<std::uint32_t>(), bytes_of(text_of(row, "data")),
            as == "departure" ? PcapngWriter::Direction::kOut : PcapngWriter::Direction::kIn,
            comment);
    }

  private:
    struct Close {
        void operator()(std::FILE* file) const {
            if (file != stdout) {
                std::fclose(file);
            }
        }
    };
    std::unique_ptr<std::FILE, Close> file_;
    std::unique_ptr<PcapngWriter> writer_;
    std::map<unsigned, std::uint32_t> interfaces_;
};

void capture(Connection& connection, const CaptureOptions& options, bool as_json) {
    if (as_json) {
        connection.ask("capture", arguments_of(options), [](std::string_view row) {
            fmt::print("{}\n", row);
            return std::fflush(stdout) == 0;
        });
        return;
    }
    std::unique_ptr<Sink> sink;
    if (options.file.empty()) {
        sink = std::make_unique<PacketLines>();
    } else {
        sink = std::make_unique<CaptureFile>(options.file);
    }
    const ordered_json result =
        connection.ask("capture", arguments_of(options), [&](std::string_view text) {
            const auto row = ordered_json::parse(text);
            row.contains("ports") ? sink->ports(row) : sink->packet(row);
            return true;
        });
    fmt::print(stderr, "{} packets, {} more found no room\n",
               grouped(result.at("packets").get<std::uint64_t>()),
               grouped(result.at("lost").get<std::uint64_t>()));
}

}  // namespace

void add_capture(CLI::App& app, Context& context) {
    const auto options = std::make_shared<CaptureOptions>();
    CLI::App& command =
        add_command(app, context, "capture", "copies of packets, with what became of each and why",
                    [&context, options](Connection& connection) {
                        capture(connection, *options, context.json);
                    });
    command.add_option("-w,--write", options->file,
                       "a pcapng file, for wireshark and tcpdump; -: standard output");
    command.add_option("--reason", options->reasons, "only these, as counters shows them");
    command.add_option("--verdict", options->verdicts,
                       "only forwarded, answered, held, dropped or originated ones");
    command.add_option("--service", options->service, "only of this service");
    command.add_option("--address", options->address, "only from or to this address or prefix");
    command.add_option("--port", options->port, "only from or to this TCP port");
    command.add_flag("--departures", options->departures,
                     "as they leave as well, not only as they came");
    command.add_option("--count", options->count, "end after so many")->capture_default_str();
    command.add_option("--seconds", options->seconds, "end after so long");
    command.add_option("--snap", options->snap, "bytes to keep of each")->capture_default_str();
}

}  // namespace synward::control::ctl
