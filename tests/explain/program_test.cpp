// SPDX-License-Identifier: BSD-3-Clause
//
// `synward explain` as an operator runs it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/dialogue.h"
#include "worker/program_run.h"

namespace synward::test {
namespace {

const std::string kPolicy =
    "links: [{name: link, outside: net_null0, inside: net_null1}]\n"
    "services: [{name: web, addresses: [198.51.100.0/24], challenge: never}]\n";

TEST(Explain, PrintsALadder) {
    const Folder folder;
    Dialogue ends{{}};
    write_capture(folder / "capture.pcap", {ends.syn(), ends.syn_ack()});
    ProgramRun run{folder,
                   {"explain", folder / "capture.pcap", "-c", folder.file("policy.yaml", kPolicy)}};
    EXPECT_EQ(run.exit_status(), 0) << run.errors();
    EXPECT_NE(run.output().find("1. 203.0.0.1:40000 -> 198.51.100.2:80, service web"),
              std::string::npos)
        << run.output();
    EXPECT_NE(run.output().find("syn_unchallenged"), std::string::npos);
    EXPECT_EQ(run.errors(), "");
}

TEST(Explain, SaysWhatItCannotRead) {
    const Folder folder;
    const std::string policy = folder.file("policy.yaml", kPolicy);
    ProgramRun run{folder, {"explain", folder / "none.pcap", "-c", policy}};
    EXPECT_EQ(run.exit_status(), 1);
    EXPECT_NE(run.errors().find("none.pcap"), std::string::npos) << run.errors();
}

}  // namespace
}  // namespace synward::test
