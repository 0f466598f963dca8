// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "control/ctl/connection.h"

namespace synward::control {
namespace {

using ctl::Connection;
using nlohmann::json;
using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Gives `rows` rows of 1,000 octets as long as there is room, and counts them.
class ManyRows : public Command {
  public:
    ManyRows(std::uint64_t rows, std::atomic<std::uint64_t>& given) : rows_{rows}, given_{given} {}
    void go_on(Reply& reply) override {
        const std::string row = "\"" + std::string(998, 'x') + "\"";
        while (reply.has_room()) {
            if (given_ == rows_) {
                return reply.finish({{"rows", rows_}});
            }
            reply.row(row);
            ++given_;
        }
    }

  private:
    std::uint64_t rows_;
    std::atomic<std::uint64_t>& given_;
};

class Socket : public testing::Test {
  protected:
    Socket() {
        std::string pattern = testing::TempDir() + "control_socket_XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path = folder_ + "/box/synward.sock";
        commands.add_answer("echo", [this](const Arguments& arguments) -> ordered_json {
            most_clients = std::max(most_clients, served->clients());
            return {{"arguments", arguments}};
        });
        commands.add_answer("fail", [](const Arguments&) -> ordered_json {
            throw CommandFailure{"not_today", "come back tomorrow"};
        });
        commands.add_answer("mistake", [](const Arguments& arguments) -> ordered_json {
            return arguments.at("what is not there");
        });
        commands.add("many", [this](const Arguments& arguments) {
            return std::make_shared<ManyRows>(arguments.at("rows").get<std::uint64_t>(), given);
        });
    }
    ~Socket() override { std::filesystem::remove_all(folder_); }

    /// Runs the loop with the socket while `client` runs on a thread of its own.
    template <typename Client>
    void serve(Client&& client) {
        EventLoop loop;
        ControlSocket socket{loop, path, "", commands};
        served = &socket;
        std::atomic<bool> is_done = false;
        std::thread thread{[&] {
            client();
            is_done = true;
        }};
        const auto watch = loop.every(std::chrono::milliseconds{1}, [&] {
            if (is_done && socket.clients() == 0) {
                loop.stop();
            }
        });
        loop.run();
        thread.join();
    }

    /// A plain socket, for what Connection does not do.
    [[nodiscard]] Descriptor connected() const {
        Descriptor made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(&address.sun_path[0], path.data(), path.size());
        EXPECT_EQ(::connect(made.number(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
        return made;
    }
    static void say(const Descriptor& socket, std::string_view text) {
        EXPECT_EQ(::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    static std::string hear_all(const Descriptor& socket) {
        ::shutdown(socket.number(), SHUT_WR);
        std::string all;
        std::array<char, 4096> block;
        for (ssize_t length = 0;
             (length = ::read(socket.number(), block.data(), block.size())) > 0;) {
            all.append(block.data(), static_cast<std::size_t>(length));
        }
        return all;
    }

    std::string folder_;
    std::string path;
    Commands commands;
    std::atomic<std::uint64_t> given = 0;
    const ControlSocket* served = nullptr;
    /// As the answers to "echo" saw it.
    std::size_t most_clients = 0;
};

TEST_F(Socket, AnswersRequestsInTheirOrder) {
    serve([&] {
        Connection connection{path};
        for (int number = 0; number < 3; ++number) {
            const json arguments{{"number", number}};
            EXPECT_EQ(connection.ask("echo", arguments)["arguments"], arguments);
        }
        EXPECT_THAT([&] { connection.ask("fail"); },
                    ThrowsMessage<ctl::Refused>("come back tomorrow"));
        EXPECT_THAT([&] { connection.ask("no such"); },
                    ThrowsMessage<ctl::Refused>("there is no command 'no such'"));
        // The answer's own mistake is nobody else's.
        EXPECT_THROW(connection.ask("mistake"), ctl::Refused);
        EXPECT_EQ(connection.ask("echo")["arguments"], json::object());
    });
}

TEST_F(Socket, AnswersAllRequestsOfAClientThatHasSaidEverything) {
    serve([&] {
        const Descriptor socket = connected();
        say(socket,
            "{\"command\":\"echo\"}\n\n[]\n{\"command\":5}\nnot json\n"
            "{\"command\":\"echo\",\"arguments\":[]}\n{\"command\":\"echo\"}\nunfinished");
        const std::string heard = hear_all(socket);
        std::vector<std::string> codes;
        for (std::size_t at = 0; at < heard.size(); at = heard.find('\n', at) + 1) {
            const json answer = json::parse(heard.substr(at, heard.find('\n', at) - at));
            codes.push_back(answer.contains("result") ? "result"
                                                      : answer["error"]["code"].get<std::string>());
        }
        EXPECT_EQ(codes,
                  (std::vector<std::string>{"result", "bad_request", "bad_request", "bad_request",
                                            "bad_request", "bad_request", "result"}));
    });
}

TEST_F(Socket, RefusesARequestWithoutEnd) {
    serve([&] {
        const Descriptor socket = connected();
        const std::string part(8192, 'x');
        for (unsigned parts = 0; parts < 10; ++parts) {
            ::send(socket.number(), part.data(), part.size(), MSG_NOSIGNAL);
        }
        EXPECT_THAT(hear_all(socket), HasSubstr("request_too_long"));
    });
}

TEST_F(Socket, SeveralClientsAtOneTimeAndNoMoreThanItsMost) {
    serve([&] {
        std::vector<Connection> connections;
        for (std::size_t number = 0; number < ControlSocket::kMostClients; ++number) {
            connections.emplace_back(path);
            connections.back().ask("echo");
        }
        EXPECT_THAT(hear_all(connected()), HasSubstr("busy"));
        for (Connection& connection : connections) {
            connection.ask("echo");
        }
    });
    EXPECT_EQ(most_clients, ControlSocket::kMostClients);
}

TEST_F(Socket, WhoDoesNotReadKeepsNobodyWaitingAndCostsBoundedMemory) {
    serve([&] {
        const Descriptor slow = connected();
        say(slow, "{\"command\":\"many\",\"arguments\":{\"rows\":20000}}\n");
        Connection other{path};
        std::uint64_t before = ~std::uint64_t{0};
        while (given != before) {
            before = given;
            for (unsigned asked = 0; asked < 100; ++asked) {
                other.ask("echo");
            }
        }
        // What the socket's own buffers hold, and its room.
        EXPECT_GT(given, 0U);
        EXPECT_LT(given, 2000U);
        const std::string heard = hear_all(slow);
        EXPECT_EQ(std::ranges::count(heard, '\n'), 20'001);
    });
}

TEST_F(Socket, AClientThatIsGoneTakesItsCommandWithIt) {
    serve([&] {
        {
            const Descriptor slow = connected();
            say(slow, "{\"command\":\"many\",\"arguments\":{\"rows\":20000}}\n");
            while (given == 0) {
                std::this_thread::yield();
            }
        }
        Connection{path}.ask("echo");
    });
    EXPECT_LT(given, 20'000U);
}

TEST_F(Socket, IsForItsOwnerAndGroupAlone) {
    EventLoop loop;
    {
        const ControlSocket socket{loop, path, "", commands};
        struct stat found {};
        ASSERT_EQ(::stat(path.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777U, 0660U);
        EXPECT_EQ(found.st_gid, ::getegid());
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Socket, GroupMustExist) {
    EventLoop loop;
    EXPECT_THAT([&] { ControlSocket(loop, path, "no-such-group", commands); },
                ThrowsMessage<std::runtime_error>(
                    HasSubstr("there is no group 'no-such-group' on this machine")));
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Socket, ADeadProcesssFileGivesWayALivingOnesDoesNot) {
    EventLoop loop;
    std::filesystem::create_directory(folder_ + "/box");
    {
        const Descriptor dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(&address.sun_path[0], path.data(), path.size());
        ASSERT_EQ(::bind(dead.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    const ControlSocket living{loop, path, "", commands};
    EXPECT_THAT([&] { ControlSocket(loop, path, "", commands); },
                ThrowsMessage<std::runtime_error>(HasSubstr("synward already runs there")));
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(Socket, AnotherFileIsLeftAlone) {
    EventLoop loop;
    std::filesystem::create_directories(path);
    EXPECT_THAT([&] { ControlSocket(loop, path, "", commands); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no socket")));
    EXPECT_TRUE(std::filesystem::is_directory(path));
    const std::string nowhere = folder_ + "/no/such/folder/synward.sock";
    EXPECT_THROW(ControlSocket(loop, nowhere, "", commands), std::runtime_error);
}

TEST_F(Socket, SynwardctlSaysWhatIsTheMatter) {
    EXPECT_THAT([&] { Connection{path}; },
                ThrowsMessage<ctl::Unreachable>(HasSubstr("is synward running")));
    std::filesystem::create_directory(folder_ + "/box");
    { std::ofstream{path}; }
    EXPECT_THAT([&] { Connection{path}; },
                ThrowsMessage<ctl::Unreachable>(HasSubstr("nobody listens")));
    EXPECT_THAT([] { Connection{std::string(200, 'p')}; },
                ThrowsMessage<ctl::Unreachable>(HasSubstr("too long")));
}

}  // namespace
}  // namespace synward::control
