// SPDX-License-Identifier: BSD-3-Clause
#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace synward::config {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string content_of(const std::string& name) {
    const auto path = std::filesystem::path(SYNWARD_SOURCE_ROOT) / "docs" / name;
    std::ifstream file{path};
    EXPECT_TRUE(file.good()) << path;
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

TEST(Reference, FilesAreAsTheSchemaIs) {
    EXPECT_EQ(content_of("policy.md"), reference_as_markdown())
        << "synward reference markdown >docs/policy.md";
    EXPECT_EQ(content_of("man/synward.yaml.5"), reference_as_manual())
        << "synward reference manual >docs/man/synward.yaml.5";
    EXPECT_EQ(content_of("policy.schema.json"), reference_as_json_schema())
        << "synward reference json-schema >docs/policy.schema.json";
}

TEST(Reference, VisitsEachMappingOnceWithItsPath) {
    std::set<std::string> paths;
    for_each_section([&](const ReferenceSection& section) {
        EXPECT_TRUE(paths.insert(section.path).second) << section.path;
        EXPECT_FALSE(section.description.empty()) << section.path;
        for (const Key& key : section.mapping.keys) {
            EXPECT_THAT(std::string{key.description}, testing::EndsWith("."))
                << section.path << ' ' << key.name;
        }
    });
    for (const char* path :
         {"", "links[]", "flows", "sources.prefix", "services[]", "services[].server"}) {
        EXPECT_TRUE(paths.contains(path)) << path;
    }
}

/// What a section says of all its keys is not said of each.
TEST(Reference, SaysWhatTakesEffectAtAStartOnly) {
    std::stringstream lines{reference_as_markdown()};
    std::string section;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) {
            section = line.substr(3);
        }
        if (section == "flows" && line.starts_with("| `capacity`")) {
            EXPECT_THAT(line, HasSubstr("at a start only"));
        }
        if ((section == "flows" && line.starts_with("| `on_expiry`")) ||
            (section == "workers" && line.starts_with("| `cores`"))) {
            EXPECT_THAT(line, Not(HasSubstr("at a start only")));
        }
    }
}

TEST(Reference, EditorsGetDefaultsAndBoundsAsValuesOfTheirTypes) {
    const auto schema = nlohmann::json::parse(reference_as_json_schema());
    const auto& properties = schema["properties"];
    EXPECT_EQ(properties["services"]["default"], nlohmann::json::array());
    const auto& service = properties["services"]["items"];
    EXPECT_EQ(service["properties"]["probe"]["default"], true);
    EXPECT_EQ(service["properties"]["server"]["properties"]["window_scale"]["maximum"], 14);
    EXPECT_EQ(service["required"], (nlohmann::json{"name", "addresses"}));
    EXPECT_EQ(properties["flows"]["properties"]["half_open_timeout"]["default"], "10s");
    EXPECT_EQ(properties["flows"]["additionalProperties"], false);
}

}  // namespace
}  // namespace synward::config
