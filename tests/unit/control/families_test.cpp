// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "control/disposition_names.h"

namespace synward::control {
namespace {

using testing::HasSubstr;

Sample example() {
    Sample sample;
    sample.started = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
    sample.time = sample.started + std::chrono::seconds{10};
    sample.totals.received = 12;
    sample.totals.by_reason[static_cast<std::size_t>(wire::Reason::kSynChallenged)] = 7;
    sample.totals.busy = 1'500'000'000;
    sample.workers = {{.totals = sample.totals, .flows = 3}};
    sample.ports = {{.link = "uplink", .side = "outside", .received = 12, .missed = 4}};
    sample.services = {{.name = "web",
                        .challenge = "over-budget",
                        .method = "cookie",
                        .budget = 64,
                        .credits_left = 60,
                        .syns = 9,
                        .challenged = 7,
                        .under_attack = true}};
    sample.closes[static_cast<std::size_t>(flow::CloseKind::kThreeSegments)] = 2;
    sample.endpoints[1][static_cast<std::size_t>(tcp::EndpointState::kTimeWait)] = 5;
    defense::LatencyHistogram histogram;
    histogram.record(std::chrono::microseconds{100});
    histogram.record(std::chrono::milliseconds{100});
    sample.server_handshake += histogram;
    return sample;
}

/// The page on metrics lists what is exposed: "| `name` | type | labels | help |".
std::string table_of(const std::vector<prometheus::MetricFamily>& families) {
    std::string text = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
    for (const auto& family : families) {
        const char* const type = family.type == prometheus::MetricType::Counter     ? "counter"
                                 : family.type == prometheus::MetricType::Histogram ? "histogram"
                                                                                    : "gauge";
        std::string labels;
        for (const auto& label : family.metric.front().label) {
            labels += (labels.empty() ? "" : ", ") + label.name;
        }
        text += "| `" + family.name + "` | " + type + " | " + labels + " | " + family.help + " |\n";
    }
    return text;
}

std::string table_of_reasons() {
    std::string text = "| verdict | reason | the packet |\n|---|---|---|\n";
    for (const auto& reason : wire::kReasons) {
        text += "| " + std::string{name(reason.disposition)} + " | `" + std::string{reason.name} +
                "` | " + std::string{reason.text} + " |\n";
    }
    return text;
}

TEST(Exposition, HasTheFiguresUnderTheirLabels) {
    const std::string text = exposition_of(example());
    for (const char* const line :
         {"synward_received_packets_total 12\n",
          "synward_packets_total{verdict=\"answered\",reason=\"syn_challenged\"} 7\n",
          "synward_packets_total{verdict=\"dropped\",reason=\"tcp_xmas\"} 0\n",
          "synward_closes_total{kind=\"three_segments\"} 2\n",
          "synward_flow_endpoints{side=\"inside\",state=\"TIME_WAIT\"} 5\n",
          "synward_challenges_issued_total{service=\"web\"} 7\n",
          "synward_service_budget_used{service=\"web\"} 4\n",
          "synward_service_under_attack{service=\"web\"} 1\n",
          "synward_service_info{service=\"web\",challenge=\"over-budget\",method=\"cookie\"} 1\n",
          "synward_worker_busy_seconds_total{worker=\"0\"} 1.5\n",
          "synward_port_dropped_packets_total{link=\"uplink\",side=\"outside\",cause=\"missed\"} "
          "4\n",
          "synward_handshake_seconds_count{side=\"server\"} 2\n",
          "synward_handshake_seconds_bucket{side=\"server\",le=\"+Inf\"} 2\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(Exposition, NamesEveryReasonAndEveryState) {
    const std::string text = exposition_of(Sample{});
    for (const auto& reason : wire::kReasons) {
        EXPECT_THAT(text, HasSubstr("reason=\"" + std::string{reason.name} + "\""));
    }
    for (unsigned state = 0; state < tcp::kEndpointStateCount; ++state) {
        EXPECT_THAT(
            text, HasSubstr("state=\"" + std::string{name(static_cast<tcp::EndpointState>(state))} +
                            "\""));
    }
}

TEST(Exposition, HistogramsAreCumulativeAndOpenUpward) {
    for (const auto& family : families_of(example())) {
        if (family.type != prometheus::MetricType::Histogram) {
            continue;
        }
        for (const auto& metric : family.metric) {
            const auto& buckets = metric.histogram.bucket;
            for (std::size_t index = 1; index < buckets.size(); ++index) {
                EXPECT_LT(buckets[index - 1].upper_bound, buckets[index].upper_bound);
                EXPECT_LE(buckets[index - 1].cumulative_count, buckets[index].cumulative_count);
            }
            EXPECT_TRUE(std::isinf(buckets.back().upper_bound));
            EXPECT_EQ(buckets.back().cumulative_count, metric.histogram.sample_count);
        }
    }
}

TEST(HistogramSample, TellsQuantilesWithinABucket) {
    defense::LatencyHistogram histogram;
    for (unsigned number = 0; number < 99; ++number) {
        histogram.record(std::chrono::microseconds{100});
    }
    histogram.record(std::chrono::milliseconds{80});
    HistogramSample sample;
    EXPECT_EQ(sample.quantile(0.5), 0);
    sample += histogram;
    EXPECT_NEAR(sample.quantile(0.5), 100e-6, 25e-6);
    EXPECT_NEAR(sample.quantile(1.0), 80e-3, 20e-3);
    EXPECT_EQ(sample.since(sample).count(), 0U);
}

TEST(MetricsPage, ListsWhatIsExposed) {
    const std::string path = std::string{SYNWARD_SOURCE_ROOT} + "/docs/metrics.md";
    std::stringstream page;
    page << std::ifstream{path}.rdbuf();
    Sample sample = example();
    for (const std::string& table : {table_of(families_of(sample)), table_of_reasons()}) {
        EXPECT_TRUE(page.str().find(table) != std::string::npos)
            << "docs/metrics.md should have this table:\n"
            << table;
    }
}

}  // namespace
}  // namespace synward::control
