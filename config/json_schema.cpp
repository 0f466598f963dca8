// SPDX-License-Identifier: BSD-3-Clause
//
// The JSON Schema. It cannot say all that the reader checks, such as the range of a duration; what
// it refuses the reader refuses as well.
#include <nlohmann/json.hpp>

#include "config/reference.h"

namespace synward::config {
namespace {

using nlohmann::ordered_json;

constexpr const char* kDuration = "^([0-9]+h)?([0-9]+min)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?$";
constexpr const char* kCores = "^[0-9]+-[0-9]+$";

ordered_json pattern(const char* expression) {
    return {{"type", "string"}, {"pattern", expression}};
}

ordered_json integer(const Range& range) {
    return {{"type", "integer"}, {"minimum", range.least}, {"maximum", range.most}};
}

ordered_json either(ordered_json one, ordered_json other) {
    return {{"anyOf", {std::move(one), std::move(other)}}};
}

ordered_json schema_of(const Mapping& mapping);

/// Of one entry, where the key has a list.
ordered_json schema_of_value(const Key& key) {
    switch (key.kind) {
        case Kind::kName:
            return pattern("^[A-Za-z0-9_.-]{1,64}$");
        case Kind::kDevice:
        case Kind::kPrefix:
        case Kind::kArgument:
        case Kind::kListener:
            return {{"type", "string"}};
        case Kind::kWord:
            return {{"enum", key.words}};
        case Kind::kBoolean:
            return {{"type", "boolean"}};
        case Kind::kNumber:
            return integer(key.range);
        case Kind::kCount:
            return either(integer(key.range), pattern("^[0-9]+(Ki|Mi)$"));
        case Kind::kSize:
            return pattern("^[0-9]+(KiB|MiB|GiB|TiB)$");
        case Kind::kDuration:
            return pattern(kDuration);
        case Kind::kRate:
            return pattern("^[0-9]+(Ki|Mi)?/s$");
        case Kind::kCores:
        case Kind::kPorts:
            return either(integer(key.range), pattern(kCores));
        case Kind::kSecret:
            return pattern("^[0-9A-Fa-f]{32}$");
        case Kind::kSocketPath:
            return pattern("^(/.{1,106}|off)$");
        case Kind::kMapping:
            return schema_of(*key.mapping);
    }
    throw std::logic_error("a kind without a schema");
}

ordered_json schema_of_key(const Key& key) {
    ordered_json schema = schema_of_value(key);
    if (key.list) {
        schema = {{"type", "array"},
                  {"minItems", key.entries.least},
                  {"maxItems", key.entries.most},
                  {"items", std::move(schema)}};
    }
    schema["description"] = key.description;
    if (!key.fallback.empty()) {
        // Values that JSON has are written as in YAML.
        const auto value = ordered_json::parse(key.fallback, nullptr, false);
        schema["default"] = value.is_discarded() ? ordered_json(key.fallback) : value;
    }
    return schema;
}

ordered_json schema_of(const Mapping& mapping) {
    ordered_json schema{{"type", "object"}, {"additionalProperties", false}};
    for (const Key& key : mapping.keys) {
        schema["properties"][std::string{key.name}] = schema_of_key(key);
        if (key.required) {
            schema["required"].push_back(key.name);
        }
    }
    return schema;
}

}  // namespace

std::string reference_as_json_schema() {
    ordered_json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                        {"title", "Policy of synward"}};
    schema.update(schema_of(kPolicySchema));
    return schema.dump(2) + "\n";
}

}  // namespace synward::config
