// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <list>
#include <memory>
#include <string>

#include "control/command.h"
#include "control/control_client.h"
#include "control/descriptor.h"
#include "control/event_loop.h"

namespace synward::control {

/// The Unix socket at which a running synward is asked and told (see ControlClient for what is
/// said). Mode 0660: its owner and its group may use it. The file goes with the object.
///
/// Control thread.
class ControlSocket {
  public:
    static constexpr std::size_t kMostClients = 32;

    /// Listens at `path`, whose folder is made if only it is missing; the file that a dead process
    /// has left gives way. `group`: empty leaves the process's own. Throws std::runtime_error, with
    /// one line for the operator, where that is not possible or another process listens there.
    ControlSocket(EventLoop& loop, const std::string& path, const std::string& group,
                  const Commands& commands);
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  private:
    void accept();

    EventLoop& loop_;
    std::string path_;
    const Commands& commands_;
    Descriptor listener_;
    std::list<std::shared_ptr<ControlClient>> clients_;
    EventLoop::Watch watch_;
};

}  // namespace synward::control
