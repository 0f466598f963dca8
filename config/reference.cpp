// SPDX-License-Identifier: BSD-3-Clause
#include "config/reference.h"

#include <fmt/format.h>

namespace synward::config {
namespace {

constexpr std::string_view kIntroduction =
    "One YAML file says all that synward does. A key that is absent has its default; one that is "
    "not known, or a value that is out of its range, is an error that names line and column.";
constexpr std::string_view kAtAStart = "Takes effect at a start only.";

void visit_within(const ReferenceSection& section,
                  const std::function<void(const ReferenceSection&)>& visit) {
    visit(section);
    for (const Key& key : section.mapping.keys) {
        if (key.mapping != nullptr) {
            const std::string path = section.path.empty()
                                         ? std::string{key.name}
                                         : fmt::format("{}.{}", section.path, key.name);
            visit_within({.path = path + (key.list ? "[]" : ""),
                          .mapping = *key.mapping,
                          .description = key.description,
                          .restart = section.restart || key.restart},
                         visit);
        }
    }
}

std::string replaced(std::string_view text, char what, std::string_view with) {
    std::string result;
    for (const char letter : text) {
        letter == what ? result.append(with) : result.append(1, letter);
    }
    return result;
}

std::string value_of(const Key& key) {
    if (key.kind == Kind::kMapping) {
        return key.list
                   ? fmt::format("a list of {} to {} mappings", key.entries.least, key.entries.most)
                   : "a mapping";
    }
    return key.list ? fmt::format("{}, each {}", expectation(key), entry_expectation(key))
                    : expectation(key);
}

std::string default_of(const Key& key) {
    return key.required ? "required" : std::string{key.fallback};
}

/// What is said of a key besides its value; `restart`: the whole section says so already.
std::string meaning_of(const Key& key, bool restart) {
    return fmt::format("{}{}{}", key.description, key.restart && !restart ? " " : "",
                       key.restart && !restart ? kAtAStart : "");
}

std::string link_to(const std::string& heading) {
    std::string anchor;
    for (const char letter : heading) {
        if (letter != '.' && letter != '[' && letter != ']') {
            anchor += letter;
        }
    }
    return anchor;
}

// roff takes a hyphen for a minus sign only behind a backslash, and a line that begins with a dot
// or a quote for a request.
std::string as_roff(std::string_view text) {
    return replaced(replaced(text, '\\', "\\e"), '-', "\\-");
}

}  // namespace

void for_each_section(const std::function<void(const ReferenceSection&)>& visit) {
    visit_within({.path = "", .mapping = kPolicySchema, .description = kIntroduction}, visit);
}

std::string reference_as_markdown() {
    std::string text =
        "# The policy file, key by key\n\n"
        "<!-- Made by `synward reference markdown`: change config/*_keys.h instead. -->\n\n";
    for_each_section([&](const ReferenceSection& section) {
        if (!section.path.empty()) {
            text += fmt::format("\n## {}\n\n", section.path);
        }
        text += fmt::format("{}{}{}\n\n", section.description, section.restart ? " " : "",
                            section.restart ? kAtAStart : "");
        text += "| key | value | default | meaning |\n|---|---|---|---|\n";
        for (const Key& key : section.mapping.keys) {
            const std::string path =
                fmt::format("{}{}{}{}", section.path, section.path.empty() ? "" : ".", key.name,
                            key.list ? "[]" : "");
            const std::string name = key.mapping == nullptr
                                         ? fmt::format("`{}`", key.name)
                                         : fmt::format("[`{}`](#{})", key.name, link_to(path));
            const std::string fallback = default_of(key);
            text += fmt::format(
                "| {} | {} | {} | {} |\n", name, replaced(value_of(key), '|', "\\|"),
                key.required || fallback.empty() ? fallback : fmt::format("`{}`", fallback),
                replaced(meaning_of(key, section.restart), '|', "\\|"));
        }
    });
    return text;
}

std::string reference_as_manual() {
    std::string text = fmt::format(
        ".\\\" SPDX-License-Identifier: BSD-3-Clause\n"
        ".\\\" Made by \"synward reference manual\": change config/*_keys.h instead.\n"
        ".TH SYNWARD.YAML 5 \"\" \"synward\" \"File Formats\"\n"
        ".SH NAME\nsynward.yaml \\- the policy of synward(8)\n.SH DESCRIPTION\n{}\n",
        as_roff(kIntroduction));
    for_each_section([&](const ReferenceSection& section) {
        text += section.path.empty()
                    ? ".SH KEYS\n"
                    : fmt::format(".SH {}\n{}{}{}\n", as_roff(section.path),
                                  as_roff(section.description), section.restart ? " " : "",
                                  section.restart ? kAtAStart : "");
        for (const Key& key : section.mapping.keys) {
            const std::string fallback = default_of(key);
            text += fmt::format(".TP\n.B {}\n{}\n.br\nValue: {}.{}{}{}\n", as_roff(key.name),
                                as_roff(meaning_of(key, section.restart)), as_roff(value_of(key)),
                                fallback.empty() ? ""
                                : key.required   ? " Required"
                                                 : " Default: ",
                                key.required ? "" : as_roff(fallback), fallback.empty() ? "" : ".");
        }
    });
    text += ".SH SEE ALSO\n.BR synward (8),\n.BR synwardctl (8)\n";
    return text;
}

}  // namespace synward::config
