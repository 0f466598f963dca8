// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "control/page_files.h"

namespace synward::control {
namespace {

using testing::HasSubstr;

/// A port that was free a moment ago.
int free_port() {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(descriptor, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    close(descriptor);
    return ntohs(address.sin_port);
}

class HttpServerTest : public testing::Test {
  protected:
    ~HttpServerTest() override { feed.close(); }

    Sample sample(std::uint64_t challenged) {
        Sample result;
        result.time = std::chrono::system_clock::time_point{std::chrono::seconds{++seconds_}};
        result.services = {{.name = "web", .syns = challenged, .challenged = challenged}};
        return result;
    }

    PageFeed feed;
    std::optional<std::string> metrics = "synward_x 1\n";
    bool is_healthy = true;
    int port = free_port();
    std::string address = "127.0.0.1:" + std::to_string(port);
    HttpServer server{
        address,
        feed,
        {.metrics = [this] { return metrics; }, .is_healthy = [this] { return is_healthy; }}};
    httplib::Client client{"127.0.0.1", port};

  private:
    int seconds_ = 1'700'000'000;
};

TEST_F(HttpServerTest, ServesMetricsInTheFormatThatPrometheusReads) {
    const auto answer = client.Get("/metrics");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "synward_x 1\n");
    EXPECT_THAT(answer->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
    metrics = std::nullopt;
    EXPECT_EQ(client.Get("/metrics")->status, 503);
}

TEST_F(HttpServerTest, TellsWhetherItIsWell) {
    EXPECT_EQ(client.Get("/healthz")->status, 200);
    is_healthy = false;
    EXPECT_EQ(client.Get("/healthz")->status, 503);
}

TEST_F(HttpServerTest, ServesAPageThatNeedsNothingFromElsewhere) {
    for (const page::File& file : page::kFiles) {
        const auto answer = client.Get(std::string{file.path});
        ASSERT_TRUE(answer) << file.path;
        EXPECT_EQ(answer->body, file.content);
        EXPECT_EQ(answer->get_header_value("Content-Type"), file.type);
        EXPECT_THAT(answer->get_header_value("Content-Security-Policy"),
                    HasSubstr("default-src 'none'"));
        EXPECT_EQ(answer->body.find("https://"), std::string::npos);
    }
    EXPECT_EQ(client.Get("/nothing")->status, 404);
}

TEST_F(HttpServerTest, ChangesNothing) {
    for (const char* const path : {"/", "/metrics", "/events", "/healthz"}) {
        const auto answer = client.Post(path, "x", "text/plain");
        EXPECT_TRUE(!answer || answer->status == 404 || answer->status == 413) << path;
    }
}

TEST_F(HttpServerTest, StreamsThePastAndThenWhatIsPublished) {
    feed.publish(sample(0));
    feed.publish(sample(1000));
    std::string text;
    std::thread publisher{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        feed.publish(sample(1500));
    }};
    client.Get("/events", [&](const char* data, std::size_t length) {
        text.append(data, length);
        return text.find("1500") == std::string::npos;
    });
    publisher.join();
    EXPECT_THAT(text, HasSubstr("event: history\ndata: [{"));
    const std::size_t last = text.rfind("data: ") + 6;
    const auto state = nlohmann::json::parse(text.substr(last));
    EXPECT_EQ(state["challenged"], 1500);
    EXPECT_EQ(state["services"][0]["name"], "web");
    EXPECT_EQ(state["point"]["challenged"], 500.0);
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithAnAddressThatIsTaken) {
    try {
        const HttpServer second{address, feed, {}};
        FAIL() << "two at one address";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(),
                    HasSubstr("cannot listen at " + address + ": Address already in use"));
    }
}

}  // namespace
}  // namespace synward::control
