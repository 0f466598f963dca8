// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <concepts>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/scalars.h"
#include "config/schema.h"

namespace synward::config {

/// A value and where the policy has it, for checks that look at several values.
template <typename T>
struct Placed {
    T value{};
    Place place;
};

template <typename T>
inline constexpr bool kIsDuration = false;
template <typename Count, typename Period>
inline constexpr bool kIsDuration<std::chrono::duration<Count, Period>> = true;

/// A node of the policy and where it is; an alias is where its anchor is.
struct Element {
    YAML::Node node;
    Place place;

    Element(const YAML::Node& the_node, std::string key);
};

/// Reads one mapping of the policy as its schema has it. Every error goes to the Errors given; what
/// is absent or wrong leaves its target as it was.
///
/// Asking for a key that the schema does not have, or for one of another kind, is a mistake of the
/// program and throws std::logic_error.
class Section {
  public:
    /// Checks the keys: unknown ones, duplicates, and required ones that are missing.
    Section(Errors& errors, const Mapping& mapping, const Element& element);
    /// An absent mapping: every key keeps its default.
    Section(Errors& errors, const Mapping& mapping) : errors_(errors), mapping_(mapping) {}

    /// The single value of a key; none when it is absent or wrong. T suits the key's kind: an
    /// unsigned type that holds its range, a duration, an enumeration in the order of its words,
    /// bool, std::string, Secret.
    template <typename T>
    std::optional<T> get(std::string_view name);
    template <typename T>
    void read(std::string_view name, T& target);
    template <typename T>
    void read(std::string_view name, std::optional<T>& target);
    /// The mapping under `name`.
    Section section(std::string_view name);
    /// The mappings in the list under `name`.
    std::vector<Section> sections(std::string_view name);
    /// The good ones of the values in the list under `name`.
    template <typename T>
    std::vector<Placed<T>> list(std::string_view name,
                                Parsed<T> (*parse)(std::string_view text, const Key& key));

    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Where the value of `name` is; the mapping's own place when it is absent.
    [[nodiscard]] const Place& place(std::string_view name) const;

  private:
    struct Member {
        const Key* key;
        Place key_place;
        Element element;
    };

    void take_member(const YAML::Node& key_node, const YAML::Node& value_node);
    [[nodiscard]] const Key& key(std::string_view name) const;
    [[nodiscard]] const Element* find(std::string_view name) const;
    std::optional<std::string> scalar(const Key& key, const Element& element);
    std::vector<Element> entries(std::string_view name);
    /// The value of one scalar, or its problem reported.
    template <typename T, typename Parser>
    std::optional<T> parsed(const Key& key, const Element& element, Parser parse);

    Errors& errors_;
    const Mapping& mapping_;
    Place place_;
    std::vector<Member> members_;
};

template <typename T, typename Parser>
std::optional<T> Section::parsed(const Key& key, const Element& element, Parser parse) {
    const auto text = scalar(key, element);
    if (!text) {
        return std::nullopt;
    }
    auto value = parse(*text, key);
    if (auto* problem = std::get_if<Problem>(&value)) {
        errors_.add(element.place, std::move(*problem), entry_expectation(key));
        return std::nullopt;
    }
    return static_cast<T>(std::get<0>(std::move(value)));
}

template <typename T>
std::optional<T> Section::get(std::string_view name) {
    const Key& single = key(name);
    const Element* element = find(name);
    if (element == nullptr) {
        return std::nullopt;
    }
    if constexpr (std::same_as<T, std::string>) {
        return parsed<T>(single, *element, text_value);
    } else if constexpr (std::same_as<T, Secret>) {
        return parsed<T>(single, *element, secret_value);
    } else if constexpr (std::same_as<T, bool>) {
        return parsed<T>(single, *element, boolean_value);
    } else if constexpr (std::is_enum_v<T>) {
        return parsed<T>(single, *element, word_value);
    } else if constexpr (kIsDuration<T>) {
        constexpr auto kStep = std::chrono::microseconds{T{1}}.count();
        const auto value = parsed<std::int64_t>(
            single, *element, [](auto text, const Key& k) { return number_value(text, k, kStep); });
        return value ? std::optional{T{*value / kStep}} : std::nullopt;
    } else {
        static_assert(std::unsigned_integral<T>);
        if (single.range.most > std::numeric_limits<T>::max()) {
            throw std::logic_error("the range of '" + std::string{name} + "' exceeds its type");
        }
        return parsed<T>(single, *element,
                         [](auto text, const Key& k) { return number_value(text, k, 1); });
    }
}

template <typename T>
void Section::read(std::string_view name, T& target) {
    if (auto value = get<T>(name)) {
        target = std::move(*value);
    }
}

template <typename T>
void Section::read(std::string_view name, std::optional<T>& target) {
    if (auto value = get<T>(name)) {
        target = std::move(value);
    }
}

template <typename T>
std::vector<Placed<T>> Section::list(std::string_view name,
                                     Parsed<T> (*parse)(std::string_view, const Key&)) {
    std::vector<Placed<T>> values;
    for (const Element& entry : entries(name)) {
        if (auto value = parsed<T>(key(name), entry, parse)) {
            values.push_back({std::move(*value), entry.place});
        }
    }
    return values;
}

}  // namespace synward::config
