// SPDX-License-Identifier: BSD-3-Clause
#include "config/documents.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <vector>

namespace synward::config {
namespace {

/// Notes where documents and their content begin.
class Documents : public YAML::EventHandler {
  public:
    struct Start {
        YAML::Mark mark;
        YAML::Mark content = YAML::Mark::null_mark();
        bool is_empty = false;

        /// Without "---": the parser took what was above for complete.
        [[nodiscard]] bool is_implicit() const { return mark.pos == content.pos; }
    };

    [[nodiscard]] const std::vector<Start>& starts() const { return starts_; }

    void OnDocumentStart(const YAML::Mark& mark) override { starts_.push_back({mark}); }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark, true); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark, false); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  const std::string&) override {
        note(mark, false);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        note(mark, false);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        note(mark, false);
    }
    void OnMapEnd() override {}

  private:
    void note(const YAML::Mark& mark, bool is_null) {
        if (starts_.back().content.is_null()) {
            starts_.back().content = mark;
            starts_.back().is_empty = is_null;
        }
    }

    std::vector<Start> starts_;
};

}  // namespace

bool is_one_document(const std::string& text, Errors& errors) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Documents documents;
    while (documents.starts().size() < 2 && parser.HandleNextDocument(documents)) {
    }
    const auto& starts = documents.starts();
    if (starts.empty() || (starts.size() == 1 && starts[0].is_empty)) {
        errors.add({}, {"the policy is empty", {}}, "at least the key 'links'");
        return false;
    }
    if (starts.size() > 1) {
        const auto& second = starts[1];
        const Place place{"", second.content.line + 1, second.content.column + 1};
        if (second.is_implicit()) {
            errors.add(place, {"found text that is no part of what is above it", {}},
                       "keys and entries in line with those before them");
        } else {
            errors.add(place, {"found a second document", {}}, "one document");
        }
        return false;
    }
    return true;
}

}  // namespace synward::config
