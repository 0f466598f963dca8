// SPDX-License-Identifier: BSD-3-Clause
#include "worker/program_run.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "flood/pcap_writer.h"

namespace synward::test {
namespace {

std::string text_of_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string program() {
    const char* const path = std::getenv("SYNWARD_PROGRAM");
    return path != nullptr ? path : SYNWARD_PROGRAM;
}

}  // namespace

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "synward-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"no temporary folder"};
    }
    path_ = name;
}

Folder::~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
}

std::string Folder::file(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return path_ / name;
}

ProgramRun::ProgramRun(const Folder& folder, const std::vector<std::string>& arguments)
    : output_file_{folder / "output"}, errors_file_{folder / "errors"} {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_file_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_file_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<std::string> copy{program()};
    copy.insert(copy.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& argument : copy) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    const int result = posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0) {
        process_ = -1;
        throw std::runtime_error{copy[0] + ": " + std::strerror(result)};
    }
}

ProgramRun::~ProgramRun() {
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

template <typename Condition>
bool ProgramRun::wait_for(Condition&& condition) {
    using std::chrono::steady_clock;
    const auto end = steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
        if (steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return true;
}

bool ProgramRun::has_ended() {
    if (process_ > 0 && waitpid(process_, &status_, WNOHANG) == process_) {
        process_ = -1;
    }
    return process_ < 0;
}

bool ProgramRun::wait_until_ready() {
    const auto is_ready = [this] { return errors().find("synward: ready") != std::string::npos; };
    return wait_for([&] { return is_ready() || has_ended(); }) && is_ready();
}

void ProgramRun::send_signal(int signal) const {
    kill(process_, signal);
}

int ProgramRun::exit_status() {
    const bool ended = wait_for([this] { return has_ended(); });
    return ended && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

std::string ProgramRun::output() const {
    return text_of_file(output_file_);
}

std::string ProgramRun::errors() const {
    return text_of_file(errors_file_);
}

std::vector<unsigned> processors(std::size_t count) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    std::vector<unsigned> found;
    for (unsigned processor = 0; processor < CPU_SETSIZE && found.size() < count; ++processor) {
        if (CPU_ISSET(processor, &allowed)) {
            found.push_back(processor);
        }
    }
    return found;
}

std::vector<Bytes> read_capture(const std::string& path) {
    // draft-ietf-opsawg-pcap: a header of 24 octets, records of 16 and the frame's.
    const std::string text = text_of_file(path);
    std::vector<Bytes> frames;
    for (std::size_t position = 24; position + 16 <= text.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, text.data() + position + 8, sizeof length);
        position += 16;
        if (length > text.size() - position) {
            throw std::runtime_error{path + " is cut off"};
        }
        const auto first = text.begin() + static_cast<std::ptrdiff_t>(position);
        frames.emplace_back(first, first + static_cast<std::ptrdiff_t>(length));
        position += length;
    }
    return frames;
}

void write_capture(const std::string& path, const std::vector<Bytes>& frames) {
    synward::flood::PcapWriter writer{path};
    std::chrono::nanoseconds time = std::chrono::seconds{1'700'000'000};
    for (const Bytes& frame : frames) {
        writer.write(time += std::chrono::microseconds{1}, frame);
    }
    writer.close();
}

}  // namespace synward::test
