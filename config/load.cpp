// SPDX-License-Identifier: BSD-3-Clause
#include "config/load.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "config/documents.h"
#include "config/read_policy.h"

namespace synward::config {
namespace {

constexpr std::size_t kLargestFile = 16 << 20;
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

/// The whole file, or as much of it as shows that it is too large.
Parsed<std::string> read_file(const std::string& path) {
    const auto failure = [] {
        return Problem{"cannot be read: " + std::generic_category().message(errno), {}};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               std::fclose);
    if (!file) {
        return failure();
    }
    std::string text;
    std::array<char, 65536> block{};
    while (text.size() <= kLargestFile) {
        const std::size_t length = std::fread(block.data(), 1, block.size(), file.get());
        text.append(block.data(), length);
        if (std::ferror(file.get()) != 0) {
            return failure();
        }
        if (length == 0) {
            break;
        }
    }
    return text;
}

/// YAML has no control characters but these three, and the parser takes one of the others for the
/// end of the file.
bool has_only_text(std::string_view text, Errors& errors) {
    Place place{"", 1, 1};
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') {
            errors.add(place, {fmt::format("found the control character 0x{:02x}", byte), {}},
                       "UTF-8 text");
            return false;
        }
        ++place.column;
        if (byte == '\n') {
            ++place.line;
            place.column = 1;
        }
    }
    return true;
}

void parse_and_read(const std::string& text, Errors& errors, Configuration& configuration) {
    try {
        if (is_one_document(text, errors)) {
            configuration = read_policy(Element(YAML::Load(text), ""), errors);
        }
    } catch (const YAML::DeepRecursion& exception) {
        const YAML::Mark& mark = exception.mark;
        errors.add({"", mark.line + 1, mark.column + 1}, {"nested too deeply", {}}, "a policy");
    } catch (const YAML::Exception& exception) {
        const YAML::Mark& mark = exception.mark;
        errors.add({"", mark.line + 1, mark.column + 1}, {exception.msg, {}}, "valid YAML");
    }
}

}  // namespace

LoadResult load_text(std::string_view text, const std::string& file_name) {
    Errors errors(file_name);
    Configuration configuration;
    if (text.starts_with(kUtf8Mark)) {
        text.remove_prefix(kUtf8Mark.size());
    }
    if (text.size() > kLargestFile) {
        errors.add({}, {"the policy is too large", {}},
                   fmt::format("at most {}", size_text(kLargestFile)));
    } else if (has_only_text(text, errors)) {
        parse_and_read(std::string{text}, errors, configuration);
    }
    if (errors.empty()) {
        return {std::move(configuration), {}, errors.take_places()};
    }
    return {std::nullopt, errors.take(), {}};
}

LoadResult load_file(const std::string& path) {
    auto text = read_file(path);
    if (auto* problem = std::get_if<Problem>(&text)) {
        Errors errors(path);
        errors.add({}, std::move(*problem), "a policy file");
        return {std::nullopt, errors.take(), {}};
    }
    return load_text(std::get<std::string>(text), path);
}

}  // namespace synward::config
