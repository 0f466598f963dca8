// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace synward::control::test {

/// A folder that stands for the root of a machine's file tree, for Machine to read.
class MachineFolder {
  public:
    MachineFolder() {
        std::string name = std::filesystem::temp_directory_path() / "synward-machine-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"no temporary folder"};
        }
        root_ = name;
    }
    ~MachineFolder() {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    MachineFolder(const MachineFolder&) = delete;
    MachineFolder& operator=(const MachineFolder&) = delete;

    void file(const std::string& name, const std::string& text) {
        std::filesystem::create_directories(place(name).parent_path());
        std::ofstream{place(name)} << text;
    }
    void link(const std::string& name, const std::string& target) {
        std::filesystem::create_directories(place(name).parent_path());
        std::filesystem::remove(place(name));
        std::filesystem::create_symlink(target, place(name));
    }
    void folder(const std::string& name) { std::filesystem::create_directories(place(name)); }
    void remove(const std::string& name) { std::filesystem::remove_all(place(name)); }

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  private:
    [[nodiscard]] std::filesystem::path place(const std::string& name) const {
        return root_ / name.substr(1);
    }
    std::filesystem::path root_;
};

}  // namespace synward::control::test
