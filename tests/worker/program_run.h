// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/frame_builder.h"

namespace synward::test {

/// A folder that is gone with the object.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }
    /// Writes a file of this text and returns its path.
    [[nodiscard]] std::string file(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

/// One run of the program `synward`, from its start to its end.
class ProgramRun {
  public:
    /// What it prints goes to files in `folder`.
    ProgramRun(const Folder& folder, const std::vector<std::string>& arguments);
    ~ProgramRun();
    ProgramRun(const ProgramRun&) = delete;
    ProgramRun& operator=(const ProgramRun&) = delete;

    /// Waits until it says that it is ready; false where it has not within 30 seconds.
    bool wait_until_ready();
    void send_signal(int signal) const;
    /// Waits for its end; the exit status, or -1 where a signal killed it or it took too long.
    int exit_status();
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string errors() const;

  private:
    /// Asks `condition` until it is true or patience ends.
    template <typename Condition>
    static bool wait_for(Condition&& condition);
    bool has_ended();

    std::string output_file_;
    std::string errors_file_;
    pid_t process_ = -1;
    int status_ = -1;
};

/// The first processors that this process may run on, as many as asked for or as there are.
std::vector<unsigned> processors(std::size_t count);

/// The frames of a capture file, in order.
std::vector<Bytes> read_capture(const std::string& path);
/// Writes them, a microsecond apart, all of them on one day in 2023.
void write_capture(const std::string& path, const std::vector<Bytes>& frames);

}  // namespace synward::test
