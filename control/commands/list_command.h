// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "control/command.h"
#include "control/inquiries.h"

namespace synward::control {

/// A command that goes through a listing (worker::Listing) of one worker after the other, and asks
/// for no more of it than its reader has taken.
template <typename List>
class ListCommand : public Command, public std::enable_shared_from_this<ListCommand<List>> {
  public:
    explicit ListCommand(Inquiries& inquiries) : inquiries_{inquiries} {}

    void go_on(Reply& reply) final {
        if (is_waiting_) {
            return;
        }
        if (worker_ == inquiries_.workers()) {
            return end(reply);
        }
        if (list_) {
            list_->go_on();
        } else {
            list_ = make();
        }
        is_waiting_ = true;
        inquiries_.ask(worker_, list_, [weak = this->weak_from_this(), &reply] {
            // The client may have gone meanwhile, and its reply with it.
            if (const auto self = weak.lock()) {
                self->take_part(reply);
            }
        });
    }

  protected:
    virtual std::shared_ptr<List> make() = 0;
    /// The part that `list` has now; false: no more are wanted.
    virtual bool take(const List& list, std::size_t worker, Reply& reply) = 0;
    /// All have been taken: finishes the reply.
    virtual void end(Reply& reply) = 0;

  private:
    void take_part(Reply& reply) {
        is_waiting_ = false;
        if (!take(*list_, worker_, reply)) {
            worker_ = inquiries_.workers();
        } else if (list_->is_at_end()) {
            list_.reset();
            ++worker_;
        }
        reply.resume();
    }

    Inquiries& inquiries_;
    std::size_t worker_ = 0;
    std::shared_ptr<List> list_;  ///< of worker_; none: nothing was asked yet
    bool is_waiting_ = false;
};

}  // namespace synward::control
