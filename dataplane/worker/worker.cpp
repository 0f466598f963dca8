// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include <algorithm>
#include <thread>

namespace synward::worker {
namespace {

using wire::Reason;

// Housekeeping goes through all flows and all connections to servers once in these times, a slice
// after each turn: rarely enough not to be felt by the packets, often enough for timeouts of
// seconds and for retransmissions of tenths of seconds.
constexpr tcp::Duration kFlowRound = std::chrono::seconds{2};
constexpr tcp::Duration kConnectingRound = std::chrono::milliseconds{10};
// Remembered SYNs looked at in a turn: they come due as fast as they came in.
constexpr unsigned kSynsInATurn = 4 * kBatchSize;
constexpr unsigned kEmptyTurnsBeforeSleep = 64;
// So many, with full batches, take a few milliseconds at most.
constexpr unsigned kTurnsUntold = 1024;
// Of a question's table, looked at in a turn.
constexpr unsigned kPlacesWhenIdle = 256;
constexpr unsigned kLeastPlaces = 4;

defense::ConnectingPool pool_for(const defense::HoldLimits& limits, std::uint16_t workers) {
    return {std::max(1U, limits.connections / workers), std::max(1U, limits.segments / workers),
            limits.segments_per_connection};
}

}  // namespace

Worker::Worker(const Shared& shared, std::uint16_t index, std::span<std::byte> table_memory,
               std::uint32_t flow_capacity, const defense::Surroundings& surroundings)
    : shared_{shared},
      index_{index},
      clock_{shared.clock},
      now_{clock_.now()},
      table_{table_memory, flow_capacity, shared.hasher},
      connecting_{pool_for(shared.policies.current().policy().hold, shared.workers)},
      holding_room_{connecting_.capacity()},
      defender_{shared.policies.current(), table_, connecting_, shared.hasher, surroundings, now_},
      flow_round_{table_.capacity(), kFlowRound, now_},
      connecting_round_{connecting_.capacity(), kConnectingRound, now_},
      transmitter_{shared.ports, index, shared.hand_over, counters_, capture_seat_},
      rewriter_{shared.ports,  connecting_,  defender_.remembered_syns(),
                holding_room_, transmitter_, counters_},
      policy_adopted_{defender_.generation_number()},
      policy_settled_{defender_.settled()} {
    for (const Port& port : shared.ports) {
        side_of_port_[port.id] = port.side;
        verifies_checksums_[port.id] = port.verifies_checksums;
        devices_verify_checksums_ |= port.verifies_checksums;
    }
}

void Worker::run(const std::atomic<bool>& stop) {
    PolicyExchange& policies = shared_.policies;
    unsigned empty_turns = 0;
    policies.is_online(index_);
    while (!stop.load(std::memory_order_relaxed)) {
        const unsigned packets = turn();
        policies.is_quiescent(index_);
        if (packets != 0) {
            empty_turns = 0;
        } else if (++empty_turns >= kEmptyTurnsBeforeSleep && shared_.idle_sleep.count() != 0) {
            defender_.floods().tell_figures();
            policies.is_offline(index_);
            std::this_thread::sleep_for(shared_.idle_sleep);
            policies.is_online(index_);
        } else {
            rte_pause();
        }
    }
    defender_.floods().tell_figures();
    policies.is_offline(index_);
}

unsigned Worker::turn(bool receive) {
    take_up_policy();
    unsigned packets = take_from_others();
    take_news();
    if (receive) {
        packets += receive_from_ports();
        keep_house();
        busy_time_.end_turn(now_, packets != 0, counters_.busy);
        if (Question* const question = questions_.asked()) [[unlikely]] {
            work_on(*question, packets);
        }
    }
    transmitter_.flush();
    counters_.turns.add(1);
    if (counters_.turns.value() % kTurnsUntold == 0) {
        defender_.floods().tell_figures();
    }
    return packets;
}

void Worker::take_up_policy() {
    PolicyExchange::Issue& latest = shared_.policies.latest();
    // By number: a later generation may lie where one that was freed has lain.
    if (latest.generation.number() == defender_.generation_number()) [[likely]] {
        return;
    }
    defender_.adopt(latest.generation, latest.successions[index_]);
    connecting_.change_segments_per_connection(
        latest.generation.policy().hold.segments_per_connection);
    policy_adopted_.store(defender_.generation_number(), std::memory_order_release);
}

unsigned Worker::receive_from_ports() {
    unsigned packets = 0;
    for (const Port& port : shared_.ports) {
        const std::uint16_t queue = queue_of(index_, port.link, shared_.workers);
        if (queue >= port.receive_queues) {
            continue;
        }
        batch_.count = rte_eth_rx_burst(port.id, queue, batch_.packets.data(), kBatchSize);
        if (batch_.count == 0) {
            continue;
        }
        for (unsigned place = 0; place < batch_.count; ++place) {
            batch_.packets[place]->port = port.id;  // net_ring leaves it as it was
        }
        counters_.received.add(batch_.count);
        counters_.batches.add(1);
        counters_.full_batches.add(batch_.count == kBatchSize ? 1 : 0);
        packets += batch_.count;
        parse(batch_);
        steer(batch_);
        process(batch_);
    }
    return packets;
}

unsigned Worker::take_from_others() {
    unsigned packets = 0;
    for (std::uint16_t other = 0; other < shared_.workers; ++other) {
        if (other == index_) {
            continue;
        }
        batch_.count =
            shared_.hand_over.take_to_send(other, index_, batch_.packets.data(), kBatchSize);
        packets += batch_.count;
        for (unsigned place = 0; place < batch_.count; ++place) {
            rte_mbuf* const packet = batch_.packets[place];
            const Reason reason = HandOver::reason_of(*packet);
            if (wire::disposition(reason) != wire::Disposition::kOriginated) {
                counters_.taken_over.add(1);
            }
            transmitter_.send(packet, HandOver::port_to_send_on(*packet), reason);
        }
        batch_.count =
            shared_.hand_over.take_to_decide(other, index_, batch_.packets.data(), kBatchSize);
        if (batch_.count != 0) {
            counters_.taken_over.add(batch_.count);
            packets += batch_.count;
            parse(batch_);
            process(batch_);
        }
    }
    return packets;
}

void Worker::process(Batch& batch) {
    if (batch.count == 0) {
        return;
    }
    now_ = clock_.now();
    busy_time_.begin(now_);
    defender_.begin_batch(now_);
    look_up(batch);
    decide(batch);
    rewrite(batch);
    deliver_released();
    originate();
    tell_news();
    sweep_released_connections();
    transmitter_.flush();
}

void Worker::take_news() {
    defense::PortNews news;
    for (std::uint16_t other = 0; other < shared_.workers; ++other) {
        while (other != index_ && shared_.hand_over.take_news(other, index_, news)) {
            defender_.hear_of_port(news);
        }
    }
}

void Worker::tell_news() {
    for (const defense::PortNews& news : defender_.port_news()) {
        for (std::uint16_t other = 0; other < shared_.workers; ++other) {
            if (other != index_) {
                shared_.hand_over.tell(index_, other, news);
            }
        }
    }
    defender_.clear_port_news();
}

/// Held segments whose server has answered go through the stages as if they came now.
void Worker::deliver_released() {
    Batch& batch = batch_;
    const auto released = rewriter_.released();
    for (std::size_t first = 0; first < released.size(); first += kBatchSize) {
        batch.count =
            static_cast<unsigned>(std::min<std::size_t>(kBatchSize, released.size() - first));
        std::copy_n(released.begin() + static_cast<std::ptrdiff_t>(first), batch.count,
                    batch.packets.begin());
        counters_.held_now.subtract(batch.count);
        batch.released = true;
        parse(batch);
        look_up(batch);
        decide(batch);
        rewrite(batch);
        batch.released = false;
    }
    rewriter_.clear_released();
}

void Worker::keep_house() {
    now_ = clock_.now();
    if (capture_seat_.capture != nullptr) [[unlikely]] {
        capture_seat_.capture->set_time(now_);
    }
    defender_.begin_batch(now_);
    defender_.expire(flow_round_.places_due(now_));
    policy_settled_.store(defender_.settled(), std::memory_order_release);
    originate();
    if (connecting_.in_use() != 0) {
        retry_connections(connecting_round_.places_due(now_));
    }
    sweep_released_connections();
    counters_.uncounted_at_source.add(defender_.source_budgets().uncounted() -
                                      counters_.uncounted_at_source.value());
    defender_.send_syn_acks_again(
        kSynsInATurn, [this](const auto& entry) { rewriter_.send_syn_ack_again(entry); });
}

void Worker::work_on(Question& question, unsigned packets) {
    const Answering self{table_, defender_, rewriter_, shared_.hasher, capture_seat_, now_};
    // In proportion to the packets, so that the share of the time that they lose is the same at
    // every load.
    const unsigned places =
        packets == 0 ? kPlacesWhenIdle : std::max(kLeastPlaces, packets / kPacketsForAPlace);
    if (question.work(self, places)) {
        questions_.answer();
    }
    originate();
    sweep_released_connections();
}

void Worker::originate() {
    for (const defense::Origination& origination : defender_.originations()) {
        rewriter_.originate(origination);
    }
    defender_.clear_originations();
}

void Worker::retry_connections(std::uint32_t places) {
    for (std::uint32_t step = 0; step < places; ++step) {
        next_retry_ = next_retry_ + 1 == connecting_.capacity() ? 0 : next_retry_ + 1;
        switch (defender_.retry(next_retry_)) {
            case defense::Defender::Retry::kNotYet:
                break;
            case defense::Defender::Retry::kSendAgain:
                rewriter_.send_syn(next_retry_, Reason::kSynToServerAgain);
                break;
            case defense::Defender::Retry::kGiveUp:
                rewriter_.reset_client(next_retry_, Reason::kResetToClient);
                break;
        }
    }
}

void Worker::sweep_released_connections() {
    for (const std::uint32_t number : connecting_.released()) {
        rewriter_.drop_held(number, connecting_.at(number).release_reason);
    }
    connecting_.recycle();
}

void Worker::drop_everything_held() {
    for (std::uint32_t number = 0; number < connecting_.capacity(); ++number) {
        rewriter_.drop_held(number, Reason::kStopped);
    }
    transmitter_.flush();
}

}  // namespace synward::worker
