// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/http_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>

#include "control/page_files.h"

namespace synward::control {
namespace {

// Each open page keeps one thread.
constexpr int kMostPages = 8;
constexpr int kThreads = kMostPages + 4;
constexpr std::time_t kClientPatience = 5;  // seconds, for a client that reads or writes

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kEventsType = "text/event-stream";

/// No other origin's scripts, styles or pictures, and no frame around it.
void protect(httplib::Response& response) {
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; "
                        "connect-src 'self'; img-src 'self'; base-uri 'none'; "
                        "form-action 'none'; frame-ancestors 'none'");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cache-Control", "no-store");
}

std::pair<std::string, int> host_and_port(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
    }
    return {std::move(host), std::stoi(address.substr(colon + 1))};
}

std::string event(const std::string& name, const std::string& data) {
    return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

}  // namespace

struct HttpServer::Implementation {
    PageFeed& feed;
    Answers answers;
    httplib::Server server{};
    std::atomic<int> pages = 0;
    std::atomic<bool> has_ended = false;
    std::thread thread{};

    void route();
    void stream(httplib::Response& response);
};

void HttpServer::Implementation::route() {
    for (const page::File& file : page::kFiles) {
        server.Get(std::string{file.path}, [&file](const auto&, httplib::Response& response) {
            protect(response);
            response.set_content(file.content.data(), file.content.size(), std::string{file.type});
        });
    }
    server.Get("/metrics", [this](const auto&, httplib::Response& response) {
        if (const auto text = answers.metrics()) {
            response.set_content(*text, kMetricsType);
        } else {
            response.status = 503;
        }
    });
    server.Get("/healthz", [this](const auto&, httplib::Response& response) {
        const bool is_healthy = answers.is_healthy();
        response.status = is_healthy ? 200 : 503;
        response.set_content(is_healthy ? "ok\n" : "not healthy\n", "text/plain");
    });
    server.Get("/events", [this](const auto&, httplib::Response& response) { stream(response); });
}

void HttpServer::Implementation::stream(httplib::Response& response) {
    if (pages.fetch_add(1) >= kMostPages) {
        --pages;
        response.status = 503;
        response.set_header("Retry-After", "5");
        return;
    }
    protect(response);
    auto seen = std::make_shared<std::uint64_t>(0);
    response.set_chunked_content_provider(
        kEventsType,
        [this, seen](std::size_t, httplib::DataSink& sink) {
            std::string text;
            if (*seen == 0) {
                text = "retry: 2000\n\n" + event("history", feed.history());
            }
            const auto update = feed.wait_after(*seen);
            if (!update) {
                sink.done();
                return false;
            }
            *seen = update->number;
            text += event("state", update->state);
            return sink.write(text.data(), text.size());
        },
        [this](bool) { --pages; });
}

HttpServer::HttpServer(const std::string& address, PageFeed& feed, Answers answers)
    : implementation_{new Implementation{feed, std::move(answers)}} {
    httplib::Server& server = implementation_->server;
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_read_timeout(kClientPatience);
    server.set_write_timeout(kClientPatience);
    server.set_keep_alive_timeout(kClientPatience);
    server.set_payload_max_length(0);
    // The library's own choice would let two processes listen at once.
    server.set_socket_options([](socket_t socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    implementation_->route();
    const auto [host, port] = host_and_port(address);
    errno = 0;
    if (!server.bind_to_port(host, port)) {
        throw std::runtime_error{fmt::format("cannot listen at {}: {}", address,
                                             std::generic_category().message(errno))};
    }
    implementation_->thread = std::thread{[this, &server] {
        server.listen_after_bind();
        implementation_->has_ended = true;
    }};
    // The library forgets a stop() that comes before it has begun.
    while (!server.is_running() && !implementation_->has_ended) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

HttpServer::~HttpServer() {
    implementation_->server.stop();
    implementation_->thread.join();
}

}  // namespace synward::control
