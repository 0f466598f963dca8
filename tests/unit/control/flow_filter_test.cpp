// SPDX-License-Identifier: BSD-3-Clause
//
// From a request's arguments to the flows that it selects.
#include "control/commands/flow_filter.h"

#include <gtest/gtest.h>

namespace synward::control {
namespace {

using nlohmann::json;
using tcp::EndpointState;
using wire::Side;

flow::Flow a_flow(const char* outside = "203.0.113.7", const char* inside = "192.0.2.1") {
    flow::Flow flow{};
    flow.tuple = {*wire::Address::parse(outside), *wire::Address::parse(inside), 4711, 443};
    flow.set_state(Side::kOutside, EndpointState::kFinWait2);
    flow.set_state(Side::kInside, EndpointState::kCloseWait);
    flow.enter(flow::Phase::kOpen);
    flow.service = 1;
    return flow;
}

defense::Policy policy() {
    defense::Policy policy;
    policy.services.resize(2);
    policy.services[0].name = "mail";
    policy.services[1].name = "web";
    return policy;
}

struct Case {
    const char* arguments;
    bool matches;
};
class FlowFilter : public testing::TestWithParam<Case> {};

TEST_P(FlowFilter, SelectsByAllThatIsGiven) {
    const flow::Filter filter = filter_of(json::parse(GetParam().arguments), policy());
    EXPECT_EQ(filter.matches(a_flow()), GetParam().matches) << GetParam().arguments;
}

INSTANTIATE_TEST_SUITE_P(
    , FlowFilter,
    testing::Values(
        Case{"{}", true}, Case{R"({"address":"203.0.113.7"})", true},
        Case{R"({"address":"192.0.2.0/24"})", true}, Case{R"({"address":"192.0.3.0/24"})", false},
        Case{R"({"address":"0.0.0.0/0"})", true}, Case{R"({"address":"::/0"})", true},
        Case{R"({"outside":"192.0.2.1"})", false}, Case{R"({"inside":"192.0.2.1"})", true},
        Case{R"({"port":443})", true}, Case{R"({"port":4711})", true},
        Case{R"({"port":80})", false}, Case{R"({"outside_port":443})", false},
        Case{R"({"inside_port":443})", true}, Case{R"({"state":"fin-wait-2"})", true},
        Case{R"({"state":"CLOSE_WAIT"})", true}, Case{R"({"state":["LISTEN","time-wait"]})", false},
        Case{R"({"state":["LISTEN","close-wait"]})", true}, Case{R"({"phase":"open"})", true},
        Case{R"({"phase":"half-open"})", false}, Case{R"({"service":"web"})", true},
        Case{R"({"service":"mail"})", false}, Case{R"({"service":"web","port":80})", false}));

TEST(FlowFilterOfIpv6, ComparesWithinTheFamily) {
    const flow::Flow flow = a_flow("2001:db8::7", "2001:db8:1::1");
    EXPECT_TRUE(filter_of({{"address", "2001:db8:1::/48"}}, policy()).matches(flow));
    EXPECT_FALSE(filter_of({{"address", "0.0.0.0/0"}}, policy()).matches(flow));
}

class BadArgument : public testing::TestWithParam<const char*> {};

TEST_P(BadArgument, IsRefused) {
    EXPECT_THROW(filter_of(json::parse(GetParam()), policy()), CommandFailure);
}

INSTANTIATE_TEST_SUITE_P(, BadArgument,
                         testing::Values(R"({"address":"192.0.2.1/24"})", R"({"address":5})",
                                         R"({"port":65536})", R"({"port":-1})", R"({"port":"80"})",
                                         R"({"state":"opened"})", R"({"state":[5]})",
                                         R"({"phase":""})", R"({"service":"web2"})"));

}  // namespace
}  // namespace synward::control
