// SPDX-License-Identifier: BSD-3-Clause
// The schema says what the reader does: checked key by key, so that neither can go stale.
#include "config/schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "config/load.h"
#include "dump.h"

namespace synward::config {
namespace {

using Path = std::vector<const Key*>;

std::string path_text(const Path& path) {
    std::string text;
    for (const Key* key : path) {
        text += (text.empty() ? "" : ".") + std::string{key->name};
        text += key->list && key != path.back() ? "[0]" : "";
    }
    return text;
}

using Value = std::optional<std::string>;  // none: the key is left out

std::string mapping_text(const Mapping& mapping, const Path& path, std::size_t depth,
                         const Value& value);

std::string good_value(const Key& key) {
    std::string value;
    switch (key.kind) {
        case Kind::kName:
            value = "some-name";
            break;
        case Kind::kDevice:
            value = key.name == "inside" ? "net_null1" : "net_null0";
            break;
        case Kind::kPrefix:
            value = "10.0.0.1";
            break;
        case Kind::kRate:
            value = "100/s";
            break;
        case Kind::kMapping:
            value = mapping_text(*key.mapping, {}, 0, {});
            break;
        default:
            throw std::logic_error("a required key of a new kind");
    }
    return key.list ? "[" + value + "]" : value;
}

/// The mapping with the keys that it requires, and `value` for the key at the end of `path`.
std::string mapping_text(const Mapping& mapping, const Path& path, std::size_t depth,
                         const Value& value) {
    std::string text;
    for (const Key& key : mapping.keys) {
        Value key_value;
        if (depth < path.size() && path[depth] == &key) {
            if (depth + 1 == path.size()) {
                key_value = value;
            } else {
                const auto inner = mapping_text(*key.mapping, path, depth + 1, value);
                key_value = key.list ? "[" + inner + "]" : inner;
            }
        } else if (key.required) {
            key_value = good_value(key);
        } else if (key.name == "method" && value == "clients") {
            key_value = "reset";  // the only method that goes with it
        }
        if (key_value) {
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key.name, *key_value);
        }
    }
    return "{" + text + "}";
}

LoadResult load_with(const Path& path, const std::string& value) {
    return load_text(mapping_text(kPolicySchema, path, 0, value), "p.yaml");
}

LoadResult load_without(const Path& path) {
    return load_text(mapping_text(kPolicySchema, path, 0, {}), "p.yaml");
}

void collect(const Mapping& mapping, const Path& parents, std::vector<Path>& paths) {
    for (const Key& key : mapping.keys) {
        Path path = parents;
        path.push_back(&key);
        paths.push_back(path);
        if (key.mapping != nullptr) {
            collect(*key.mapping, path, paths);
        }
    }
}

std::vector<Path> every_key() {
    std::vector<Path> paths;
    collect(kPolicySchema, {}, paths);
    return paths;
}

class SchemaKey : public testing::TestWithParam<Path> {
  protected:
    const Path& path() const { return GetParam(); }
    const Key& key() const { return *GetParam().back(); }
    bool is_number() const {
        return key().kind == Kind::kNumber || key().kind == Kind::kCount ||
               key().kind == Kind::kSize || key().kind == Kind::kDuration ||
               key().kind == Kind::kRate;
    }
    std::string number_text(std::uint64_t value) const {
        switch (key().kind) {
            case Kind::kSize:
                return fmt::format("{}KiB", value / 1024);
            case Kind::kDuration:
                return fmt::format("{}us", value);
            case Kind::kRate:
                return fmt::format("{}/s", value);
            default:
                return fmt::format("{}", value);
        }
    }
    /// The smallest difference between two values that this key can tell apart.
    std::uint64_t step() const {
        if (key().kind == Kind::kSize) {
            return 1024;
        }
        return key().kind == Kind::kDuration && key().name != "idle_sleep" ? 1000 : 1;
    }
};

TEST_P(SchemaKey, IsRead) {
    // No key takes a mapping inside of a list inside of a list.
    const auto result = load_with(path(), "[[{}]]");
    ASSERT_FALSE(result.errors.empty());
    EXPECT_TRUE(std::ranges::any_of(result.errors, [&](const Diagnostic& error) {
        return error.key.starts_with(path_text(path()));
    })) << result.errors[0].text();
}

TEST_P(SchemaKey, DefaultIsWhatAnAbsentKeyMeans) {
    if (key().fallback.empty()) {
        return;
    }
    const auto absent = load_without(path());
    const auto given = load_with(path(), std::string{key().fallback});
    ASSERT_TRUE(absent.configuration.has_value()) << absent.errors[0].text();
    ASSERT_TRUE(given.configuration.has_value()) << given.errors[0].text();
    EXPECT_EQ(dump(*given.configuration), dump(*absent.configuration));
}

TEST_P(SchemaKey, RangeIsWhatIsAcceptedAndStored) {
    if (!is_number()) {
        return;
    }
    const auto [least, most] = key().range;
    const auto at_least = load_with(path(), number_text(least));
    const auto at_most = load_with(path(), number_text(most));
    ASSERT_TRUE(at_least.configuration.has_value()) << at_least.errors[0].text();
    ASSERT_TRUE(at_most.configuration.has_value()) << at_most.errors[0].text();
    EXPECT_NE(dump(*at_least.configuration), dump(*at_most.configuration));
    EXPECT_FALSE(load_with(path(), number_text(most + step())).configuration.has_value());
    if (least > 0) {
        EXPECT_FALSE(load_with(path(), number_text(least - step())).configuration.has_value());
    }
}

TEST_P(SchemaKey, WordsAreAcceptedAndToldApart) {
    std::vector<std::string> dumps;
    for (const auto word : key().words) {
        const auto result = load_with(path(), std::string{word});
        ASSERT_TRUE(result.configuration.has_value()) << result.errors[0].text();
        dumps.push_back(dump(*result.configuration));
    }
    std::ranges::sort(dumps);
    EXPECT_EQ(std::ranges::adjacent_find(dumps), dumps.end());
}

TEST_P(SchemaKey, RequiredMeansThatItMustBeThere) {
    EXPECT_EQ(load_without(path()).configuration.has_value(), !key().required);
}

TEST_P(SchemaKey, IsDescribed) {
    EXPECT_FALSE(key().description.empty());
    EXPECT_TRUE(key().description.ends_with('.'));
    EXPECT_FALSE(expectation(key()).empty());
    EXPECT_FALSE(key().required && !key().fallback.empty());
}

INSTANTIATE_TEST_SUITE_P(Keys, SchemaKey, testing::ValuesIn(every_key()), [](const auto& key) {
    std::string name = path_text(key.param);
    std::ranges::replace_if(
        name, [](char c) { return c == '.' || c == '[' || c == ']'; }, '_');
    return name;
});

}  // namespace
}  // namespace synward::config
