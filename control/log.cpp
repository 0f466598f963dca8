// SPDX-License-Identifier: BSD-3-Clause
#include "control/log.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "control/log_line.h"

namespace synward::control::log {
namespace {

/// systemd.exec(5): JOURNAL_STREAM has device and inode of the descriptor that systemd gave the
/// service; it means nothing where standard error was sent elsewhere since.
bool is_connected_to_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
           fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// syslog(3)'s numbers, as the journal has them.
int priority_of(Level level) {
    static constexpr std::array<int, 4> kPriorities{3, 4, 6, 7};
    return kPriorities[static_cast<std::size_t>(level)];
}

void send_to_journal(Level level, std::string_view message, const Fields& fields) {
    std::vector<std::string> texts{"MESSAGE=" + journal_text(message, fields),
                                   fmt::format("PRIORITY={}", priority_of(level)),
                                   "SYSLOG_IDENTIFIER=synward"};
    for (const Field& field : fields) {
        std::string name{field.name};
        std::ranges::transform(name, name.begin(), [](unsigned char character) {
            return static_cast<char>(std::toupper(character));
        });
        texts.push_back(fmt::format("SYNWARD_{}={}", name, field.value));
    }
    std::vector<iovec> parts;
    parts.reserve(texts.size());
    for (std::string& text : texts) {
        parts.push_back({text.data(), text.size()});
    }
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

/// What all threads that write have in common.
struct Shared {
    std::mutex mutex;
    config::LogFormat format = config::LogFormat::kLogfmt;
    Level least = Level::kInfo;
    bool to_journal = is_connected_to_journal();
    RateLimit limit;
};

Shared& shared() {
    static Shared shared;
    return shared;
}

}  // namespace

void configure(config::LogFormat format, Level least) {
    Shared& log = shared();
    const std::lock_guard lock{log.mutex};
    log.format = format;
    log.least = least;
}

void write(Level level, std::string_view message, Fields fields, Rate rate) {
    Shared& log = shared();
    const std::lock_guard lock{log.mutex};
    if (level > log.least) {
        return;
    }
    const Time now = std::chrono::system_clock::now();
    if (rate == Rate::kLimited) {
        std::string kind{message};
        if (!fields.empty()) {
            kind += '\n' + fields.front().value;
        }
        const auto suppressed = log.limit.allows(kind, now);
        if (!suppressed) {
            return;
        }
        if (*suppressed != 0) {
            fields.emplace_back("suppressed", *suppressed);
        }
    }
    if (log.to_journal) {
        return send_to_journal(level, message, fields);
    }
    const std::string line = log.format == config::LogFormat::kJson
                                 ? json(now, level, message, fields)
                                 : logfmt(now, level, message, fields);
    fmt::print(stderr, "{}\n", line);
}

}  // namespace synward::control::log
