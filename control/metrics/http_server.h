// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/metrics/page_feed.h"

namespace synward::control {

/// The status page at /, its events at /events, Prometheus's scrape at /metrics and a sign of life
/// at /healthz. All of them only tell; nothing can be changed here. Threads of its own.
class HttpServer {
  public:
    struct Answers {
        /// The exposition now; nothing where it cannot be had in time. Any thread.
        std::function<std::optional<std::string>()> metrics;
        /// Any thread.
        std::function<bool()> is_healthy;
    };

    /// Listens at `address` ("127.0.0.1:9108", "[::1]:9108"). Throws std::runtime_error where that
    /// cannot be. `feed` outlives it.
    HttpServer(const std::string& address, PageFeed& feed, Answers answers);
    /// `feed` is closed by then, and `answers` do not wait any more.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace synward::control
