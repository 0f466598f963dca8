// SPDX-License-Identifier: BSD-3-Clause
#include "config/section.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/wording.h"

namespace synward::config {
namespace {

std::string child_path(const std::string& parent, std::string_view name) {
    return parent.empty() ? printable(name) : fmt::format("{}.{}", parent, printable(name));
}

/// For a value of the wrong shape.
std::string shape(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Scalar:
            return "found " + in_quotes(node.Scalar());
        case YAML::NodeType::Sequence:
            return "found a list";
        case YAML::NodeType::Map:
            return "found a mapping";
        default:
            return "found nothing";
    }
}

bool is_control_character(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7f;
}

}  // namespace

Element::Element(const YAML::Node& the_node, std::string key)
    : node(the_node), place{std::move(key), the_node.Mark().line + 1, the_node.Mark().column + 1} {}

Section::Section(Errors& errors, const Mapping& mapping, const Element& element)
    : errors_(errors), mapping_(mapping), place_(element.place) {
    if (!element.node.IsMap()) {
        errors_.add(place_, {shape(element.node), {}},
                    expectation({.kind = Kind::kMapping, .mapping = &mapping}));
        return;
    }
    for (const auto& pair : element.node) {
        take_member(pair.first, pair.second);
    }
    for (const Key& required : mapping.keys) {
        if (required.required && find(required.name) == nullptr) {
            Place missing = place_;
            missing.key = child_path(place_.key, required.name);
            errors_.add(missing, {"required, but missing", {}}, expectation(required));
        }
    }
}

void Section::take_member(const YAML::Node& key_node, const YAML::Node& value_node) {
    if (!key_node.IsScalar()) {
        errors_.add(Element(key_node, place_.key).place, {shape(key_node) + " as a key", {}},
                    "one of " + joined(mapping_.names()));
        return;
    }
    const std::string& name = key_node.Scalar();
    const Place key_place = Element(key_node, child_path(place_.key, name)).place;
    const Key* known = mapping_.find(name);
    if (known == nullptr) {
        errors_.add(key_place, {"unknown key " + in_quotes(name), nearest(name, mapping_.names())},
                    "one of " + joined(mapping_.names()));
        return;
    }
    const auto first = std::ranges::find(members_, known, &Member::key);
    if (first != members_.end()) {
        errors_.add(key_place, {"duplicate of " + errors_.reference(first->key_place), {}},
                    "each key once");
        return;
    }
    Element element(value_node, key_place.key);
    if (value_node.IsNull()) {
        // The parser puts an absent value at whatever comes next.
        element.place = key_place;
    }
    errors_.saw(element.place);
    members_.push_back({known, key_place, element});
}

const Key& Section::key(std::string_view name) const {
    const Key* known = mapping_.find(name);
    if (known == nullptr) {
        throw std::logic_error(fmt::format("the schema has no key '{}'", name));
    }
    return *known;
}

const Element* Section::find(std::string_view name) const {
    const auto member =
        std::ranges::find(members_, name, [](const Member& m) { return m.key->name; });
    return member == members_.end() ? nullptr : &member->element;
}

const Place& Section::place(std::string_view name) const {
    const Element* element = find(name);
    return element == nullptr ? place_ : element->place;
}

std::optional<std::string> Section::scalar(const Key& key, const Element& element) {
    if (!element.node.IsScalar()) {
        errors_.add(element.place, {shape(element.node), {}}, entry_expectation(key));
        return std::nullopt;
    }
    const std::string& text = element.node.Scalar();
    if (std::ranges::any_of(text, is_control_character)) {
        errors_.add(element.place, {"found a control character", {}}, entry_expectation(key));
        return std::nullopt;
    }
    return text;
}

std::vector<Element> Section::entries(std::string_view name) {
    const Key& list_key = key(name);
    const Element* list = find(name);
    if (list == nullptr) {
        return {};
    }
    if (!list->node.IsSequence()) {
        Problem problem{shape(list->node), {}};
        if (list->node.IsScalar() && list_key.kind != Kind::kMapping) {
            problem.suggestion = fmt::format("[{}]", printable(list->node.Scalar()));
        } else if (list->node.IsNull() && list_key.entries.least == 0) {
            problem.suggestion = "[]";
        }
        errors_.add(list->place, std::move(problem), expectation(list_key));
        return {};
    }
    const std::size_t count = list->node.size();
    if (count < list_key.entries.least || count > list_key.entries.most) {
        errors_.add(list->place, {fmt::format("found {} entries", count), {}},
                    expectation(list_key));
        return {};
    }
    std::vector<Element> entries;
    for (const auto& entry : list->node) {
        entries.emplace_back(entry, fmt::format("{}[{}]", list->place.key, entries.size()));
    }
    return entries;
}

Section Section::section(std::string_view name) {
    const Mapping& mapping = *key(name).mapping;
    const Element* element = find(name);
    return element == nullptr ? Section(errors_, mapping) : Section(errors_, mapping, *element);
}

std::vector<Section> Section::sections(std::string_view name) {
    const Mapping& mapping = *key(name).mapping;
    std::vector<Section> sections;
    for (const Element& entry : entries(name)) {
        sections.emplace_back(errors_, mapping, entry);
    }
    return sections;
}

}  // namespace synward::config
