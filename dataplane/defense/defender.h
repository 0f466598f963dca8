// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "defense/address_offers.h"
#include "defense/admitted_sources.h"
#include "defense/answer_limit.h"
#include "defense/arrival.h"
#include "defense/census.h"
#include "defense/connecting.h"
#include "defense/figures.h"
#include "defense/flood_decider.h"
#include "defense/link_headers.h"
#include "defense/origination.h"
#include "defense/pick_up.h"
#include "defense/plain_decider.h"
#include "defense/policy_generation.h"
#include "defense/port_news.h"
#include "defense/probe_pace.h"
#include "defense/refused_ports.h"
#include "defense/remembered_syns.h"
#include "defense/service_state.h"
#include "defense/source_budgets.h"
#include "defense/succession.h"
#include "defense/surroundings.h"
#include "defense/verdict.h"
#include "defense/verdicts.h"
#include "flow/table.h"
#include "flow/tracker.h"
#include "tcp/cookie.h"
#include "tcp/time.h"
#include "tcp/tuple_hash.h"
#include "wire/parse.h"
#include "wire/segment.h"

namespace synward::defense {

/// Decides what becomes of each segment: the place where the RFCs live. Deterministic in its
/// segments, policy, secret and clock; does no I/O, and reads no clock. One worker's thread.
class Defender {
  public:
    /// All referenced objects outlive the Defender, but for the generation: see adopt(). `table`
    /// and `connecting` are this worker's.
    Defender(const PolicyGeneration& generation, flow::Table& table, ConnectingPool& connecting,
             const tcp::TupleHasher& hasher, const Surroundings& surroundings, tcp::Time now);
    Defender(const Defender&) = delete;
    Defender& operator=(const Defender&) = delete;

    /// What adopt() needs to go from generation `from`, or a later one, to `next`. `figures`: of
    /// the services of `next`, which go on there. Allocates. Any thread.
    [[nodiscard]] Succession prepare(const PolicyGeneration& next, std::uint64_t from,
                                     const ServiceFiguresList& figures) const;
    /// Between two batches: decides by `next` from now on. What it decided by before is not looked
    /// at any more, neither here nor later. `succession` is what prepare() has made for `next`.
    /// Takes time for each service, but not for each flow.
    void adopt(const PolicyGeneration& next, Succession& succession);
    [[nodiscard]] std::uint64_t generation_number() const { return generation_number_; }
    /// No flow refers to a service that this generation, or an earlier one, has retired.
    [[nodiscard]] std::uint64_t settled() const { return settled_; }

    /// Before each batch: begins a new cookie epoch when its time has come.
    void begin_batch(tcp::Time now);

    /// A well-formed TCP segment. Creates, moves and removes its flow.
    [[gnu::hot]] Verdict decide(const Arrival& arrival);

    /// What connections consist of.
    [[nodiscard]] const PlainDecider& plain() const { return plain_; }
    /// What floods consist of.
    [[nodiscard]] FloodDecider& floods() { return floods_; }

    /// An ICMP error about a TCP segment (wire::FrameKind::kIcmpError): `arrival` is of the segment
    /// that it quotes. Changes no flow: such errors are hints to the ends (RFC 5927).
    [[nodiscard]] Verdict decide_icmp_error(const Arrival& arrival) const;

    /// What parse() found to be no well-formed TCP segment; `segment` has the addresses at most.
    Verdict decide_unreadable(const wire::ParseResult& found, const wire::Segment& segment) const;

    /// Removes flows whose time has come, looking at `places` places of the table; after adopt(),
    /// flows whose service is gone find another one here. Where the policy
    /// wants their ends reset and there is no room in originations(), a flow stays for the next
    /// round.
    void expire(std::uint32_t places);

    /// Which ends of a killed connection were told.
    struct Killed {
        bool is_outside_reset = false;
        bool is_inside_reset = false;
        /// Its client waits for a server: its number, with which the worker can reset the client.
        std::optional<std::uint32_t> connecting;
    };
    /// Ends the connection of `flow` at an operator's command: RST to each end that holds it, as
    /// far as the box knows a number that it accepts, and the flow is removed. Between batches.
    Killed kill(flow::Flow& flow);

    /// What the worker is to send of its own, after each batch and each call of expire().
    [[nodiscard]] std::span<const Origination> originations() const { return originations_.all(); }
    void clear_originations() { originations_.clear(); }

    /// What the other workers are to be told, after each batch.
    [[nodiscard]] std::span<const PortNews> port_news() const { return port_news_.all(); }
    void clear_port_news() { port_news_.clear(); }
    /// What another worker has learned.
    void hear_of_port(const PortNews& news) { learn(news, Teller::kWorker); }

    /// What a connecting whose server is silent needs now.
    enum class Retry : std::uint8_t { kNotYet, kSendAgain, kGiveUp };
    /// Looks at number `number` of the pool; kGiveUp has removed its flow and released the number.
    Retry retry(std::uint32_t number);

    /// Gives each SYN-ACK that is to be sent again now, because the client's third segment has not
    /// come, to `send(const RememberedSyns::Entry&)`. Looks at `places` remembered SYNs at most.
    template <typename Send>
    void send_syn_acks_again(unsigned places, Send&& send) {
        while (const auto* const entry = remembered_syns_.take_due(now_, places)) {
            if (is_worth_sending_again(*entry)) {
                remembered_syns_.wait_again(now_);
                send(*entry);
            }
        }
    }
    /// Where the worker leaves each SYN-ACK under the number that its verdict has.
    [[nodiscard]] RememberedSyns& remembered_syns() { return remembered_syns_; }

    /// Grows whenever a flow is made or removed: flows looked up before may be gone.
    [[nodiscard]] std::uint64_t flow_changes() const { return flow_changes_; }
    /// By their index. On the worker's thread, as adopt() replaces them; see service_figures().
    [[nodiscard]] const std::vector<ServiceState>& services() const { return services_; }
    /// What any thread may read, and may hold while policies come and go. On the worker's thread,
    /// or before it runs.
    [[nodiscard]] ServiceFiguresList service_figures() const;
    [[nodiscard]] const AddressOffers& address_offers() const { return address_offers_; }
    [[nodiscard]] const SourceBudgets& source_budgets() const { return source_budgets_; }
    [[nodiscard]] const AdmittedSources& admitted_sources() const { return admitted_; }
    /// By any thread.
    [[nodiscard]] const Figures& figures() const { return figures_; }

  private:
    // defender.cpp: sanity, life and death of flows.
    void begin_epoch(tcp::Epoch epoch);
    /// decide() where some services are only monitored: what they would drop passes.
    Verdict decide_or_monitor(const Arrival& arrival);
    void publish_key_age();
    [[gnu::hot]] Verdict verdict_on(const Arrival& arrival);
    [[nodiscard]] bool is_only_monitored(const wire::FourTuple& tuple) const;
    /// Why what has no readable port passes to or from `inside`: none of its services is defended.
    [[nodiscard]] std::optional<wire::Reason> reason_to_leave_alone(
        const wire::Address& inside) const;
    /// Which checksum is wrong, if one is. To be asked before a segment has any effect on what is
    /// known of connections, sources and servers; not to refuse it.
    [[gnu::hot]] [[nodiscard]] std::optional<wire::Reason> damage(const Arrival& arrival) const;
    void remove(flow::Flow& flow, wire::Reason reason);
    void give_credit_back(flow::Flow& flow);
    flow::Flow* insert(const Arrival& arrival);
    void renew(flow::Flow& flow, tcp::Duration patience) const;
    void renew_open(flow::Flow& flow);

    // without_flow.cpp: what is neither of a flow nor about to make one.
    [[gnu::hot]] Verdict without_flow(const Arrival& arrival, ServiceIndex service);
    Verdict reset_without_flow(const Arrival& arrival, ServiceIndex service);
    /// Leaves for floods() how the service's are dropped.
    void keep_ack_rule(const wire::FourTuple& tuple, ServiceIndex service);

    // adoption.cpp: another policy.
    [[nodiscard]] std::vector<ServiceState> services_for(const PolicyGeneration& generation,
                                                         const ServiceFiguresList& figures) const;
    [[nodiscard]] AnswerLimit answer_limit_for(const Policy& policy) const;
    [[nodiscard]] SourceBudgets source_budgets_for(const Policy& policy) const;
    /// Which of the services has the credits of this one's half-open connections.
    ServiceState& account_of(ServiceIndex service);
    void begin_settling();
    /// Looks for flows whose service is gone.
    void settle(std::uint32_t places);
    /// Gives the flow the service that its inside address has by now, if its own is gone.
    void settle(flow::Flow& flow);
    /// The client's answer to a challenge of before the service's policy was changed, if it is one.
    std::optional<Verdict> redeem_late(const Arrival& arrival, ServiceIndex service);
    [[nodiscard]] const Policy& policy() const { return generation_->policy(); }
    [[nodiscard]] const Classifier& classifier() const { return generation_->classifier(); }
    [[nodiscard]] const SourceLists& source_lists() const { return generation_->source_lists(); }

    // learning.cpp: what servers offer.
    /// The record by which the cookies of an address are made, the present epoch begun.
    [[gnu::always_inline]] OfferRecord& offers_of(ServiceIndex service,
                                                  const wire::Address& inside) {
        OfferRecord* record = address_offers_.find(service, inside);
        ServiceState& state = services_[service];
        if (record == nullptr) {
            record = &state.offers(inside.is_ipv4());
        }
        record->begin_epoch(keys_.current(), state.rules(inside.is_ipv4()));
        return *record;
    }
    /// The window scale of the server that a cookie of `epoch` promised, if it promised any.
    std::uint8_t scale_promised(ServiceIndex service, const wire::Address& inside,
                                tcp::Epoch epoch);
    /// A server's SYN-ACK.
    void hear(const Arrival& arrival, ServiceIndex service, const ServerAnswer& answer);

    // sources.cpp: what the lists and the budgets say of a source.
    /// Whether the lists keep the segment's source from the service.
    [[nodiscard]] bool is_denied(const wire::Segment& segment, ServiceIndex service) const;
    /// The same for what has no readable port: from every defended service at its inside address.
    [[nodiscard]] bool is_denied(const wire::Segment& segment) const;
    /// Why `source` may not begin another connection, if so.
    [[nodiscard]] std::optional<wire::Reason> over_budget_of_source(const wire::Address& source,
                                                                    ServiceIndex service) const;
    /// The client of `flow` has proven to be there: it takes a place of its source's budget, which
    /// the flow gives back once, when it closes or is removed.
    void count_at_source(flow::Flow& flow);
    void give_place_back(flow::Flow& flow);

    // probing.cpp: questions to servers of which nothing is known, and their answers.
    /// `record`: by which the address's cookies are made.
    void probe_if_unknown(const Arrival& arrival, ServiceIndex service, const OfferRecord& record);
    /// Nothing where the segment answers no question of the box.
    std::optional<Verdict> answer_to_probe(const Arrival& arrival, ServiceIndex service);
    std::optional<wire::FourTuple> probe_tuple(const Arrival& arrival);
    [[nodiscard]] wire::SequenceNumber probe_number(const wire::FourTuple& tuple) const;

    // expiry.cpp: what the ends of a flow are told when the box forgets it.
    /// False: there is no room to tell them now.
    bool tell_ends(const flow::Flow& flow);
    /// RST to a server that waits for a half-open connection's third segment.
    void free_backlog(const flow::Flow& flow, wire::Reason reason);
    void reset_end(const flow::Flow& flow, wire::Side to, wire::Reason reason);
    void send_reset(const flow::Flow& flow, wire::Side to, wire::Reason reason);

    // killing.cpp: the end at an operator's command.
    /// False: it cannot be told, or need not be.
    bool reset_half_open_end(const flow::Flow& flow, wire::Side to, wire::Reason reason);

    // syn_data.cpp: SYNs with data.
    static bool has_syn_data(const wire::Segment& segment) {
        return segment.has(wire::kSyn) && segment.payload_length != 0 &&
               segment.from == wire::Side::kOutside;
    }
    Verdict on_syn_data(const Arrival& arrival);

    // icmp_error.cpp: errors about segments.
    [[nodiscard]] Verdict icmp_error_without_flow(const Arrival& arrival) const;

    // challenge.cpp: SYNs and cookies.
    [[gnu::hot]] Verdict on_syn(const Arrival& arrival, ServiceIndex service);
    [[gnu::hot]] Verdict challenge(const Arrival& arrival, ServiceIndex service,
                                   const wire::HandshakeOptions& offered);

    // answering.cpp: cookies that answer SYNs.
    [[gnu::hot]] Verdict answer_with_cookie(const Arrival& arrival, ServiceIndex service,
                                            const wire::HandshakeOptions& offered);
    /// Leaves for floods() what this answer has found out.
    void keep_template(const wire::FourTuple& tuple, ServiceState& state,
                       const OfferRecord& record);
    /// The window of an answer that promises to hold what its client sends.
    [[nodiscard]] std::uint16_t full_window(const ServerOffer& offer) const;

    // challenge.cpp, again.
    Verdict let_syn_pass(const Arrival& arrival, ServiceIndex service,
                         const wire::HandshakeOptions& offered, bool with_credit,
                         wire::Reason reason);
    /// Verifies the checksum of what redeems a cookie.
    [[gnu::hot]] Verdict try_cookie(const Arrival& arrival, ServiceIndex service);
    /// try_cookie() for a segment that does not fit the flow of its ports: its client may have
    /// begun a new connection. Anything but a redeemed cookie is dropped under `otherwise`.
    Verdict redeem_or_drop(const Arrival& arrival, wire::Reason otherwise);
    Verdict redeem(const Arrival& arrival, ServiceIndex service, const tcp::ClientOptions& client,
                   tcp::Epoch epoch);
    // closed_ports.cpp: what servers refuse.
    /// What stands for a segment's inside address and port in `refused_ports_`.
    [[nodiscard]] tcp::Block port_key(const wire::Segment& segment) const;
    /// A server has refused a client that has proven to be there, or a question of the box.
    void note_refusal(const wire::Segment& segment);
    /// A server has refused a client of which nothing is known: that counts for ports that have
    /// refused before, so that forged SYNs cannot fill the memory of them.
    void note_refusal_again(const wire::Segment& segment);
    void note_open(const wire::Segment& segment);
    enum class Teller : std::uint8_t { kServer, kWorker };
    void learn(const PortNews& news, Teller teller);
    /// What becomes of a SYN to be challenged whose port is known to refuse, or to have refused.
    std::optional<Verdict> verdict_by_port(const Arrival& arrival, ServiceIndex service,
                                           const wire::HandshakeOptions& offered);
    // remembering.cpp: SYN-ACKs once more.
    [[nodiscard]] bool is_worth_sending_again(const RememberedSyns::Entry& entry);
    // reset_challenge.cpp: the challenge that needs no splice.
    /// The challenge by reset; an admitted source's SYN passes.
    Verdict challenge_by_reset_or_admit(const Arrival& arrival, ServiceIndex service,
                                        const wire::HandshakeOptions& offered);
    Verdict challenge_by_reset(const Arrival& arrival, ServiceIndex service);
    [[nodiscard]] bool answers_reset_challenge(const Arrival& arrival, ServiceIndex service) const;
    /// For a RST: its verdict if it answers a challenge.
    std::optional<Verdict> admit_by_reset(const Arrival& arrival, ServiceIndex service);

    // connecting_flow.cpp: the connection to the server that follows.
    Verdict in_connecting(const Arrival& arrival);
    Verdict client_while_connecting(const Arrival& arrival);
    Verdict server_while_connecting(const Arrival& arrival);
    Verdict join(const Arrival& arrival);

    // one_sided.cpp: flows of which the client's segments alone are seen, or may be.
    Verdict in_one_sided(const Arrival& arrival);
    Verdict server_in_one_sided(const Arrival& arrival);
    Verdict syn_in_one_sided(const Arrival& arrival);
    Verdict reset_in_one_sided(const Arrival& arrival);
    Verdict third_in_one_sided(const Arrival& arrival);
    Verdict client_in_one_sided(const Arrival& arrival);
    Verdict one_sided_without_flow(const Arrival& arrival, ServiceIndex service);
    /// Makes a flow for a segment of a connection that is not known, where its source may; drops
    /// the segment under `otherwise` where not.
    Verdict resume(const Arrival& arrival, ServiceIndex service, wire::Reason otherwise);
    /// The same for one from before the run, whose source need not be known; `otherwise` if not.
    Verdict pick_up_one_sided(const Arrival& arrival, ServiceIndex service,
                              const Verdict& otherwise);
    /// A one-sided flow in the midst of its connection; nullptr: there is no room.
    flow::Flow* insert_one_sided(const Arrival& arrival, ServiceIndex service);
    /// The client of a half-open flow is known to be there.
    void prove(flow::Flow& flow);
    /// Whether a one-sided flow whose time has come stays, as its client has gone on to speak.
    bool outlives_handshake(flow::Flow& flow);
    void renew_one_sided(flow::Flow& flow);
    void tell_ends_of_one_sided(const flow::Flow& flow);

    // picking_up.cpp: connections from before the run.
    /// What becomes of a segment without a flow that would have met `otherwise`.
    Verdict pick_up(const Arrival& arrival, ServiceIndex service, const Verdict& otherwise);
    void ask_other_end(const Arrival& arrival, const std::optional<wire::Timestamps>& timestamps);
    Verdict make_picked_up(const Arrival& arrival, ServiceIndex service,
                           const PickUp::Numbers& server);

    // half_open.cpp: flows until the handshake is complete.
    [[gnu::hot]] Verdict in_half_open(const Arrival& arrival);
    Verdict opener_in_half_open(const Arrival& arrival);
    Verdict opener_answers(const Arrival& arrival);
    Verdict another_syn(const Arrival& arrival);
    Verdict answerer_in_half_open(const Arrival& arrival);
    Verdict answerer_resets(const Arrival& arrival, bool answers);
    Verdict answerer_goes_ahead(const Arrival& arrival, bool answers);
    Verdict answerer_opens_as_well(const Arrival& arrival);
    [[gnu::hot]] Verdict complete(const Arrival& arrival);

    // connection.cpp: open flows.
    [[gnu::hot]] Verdict in_open(const Arrival& arrival);
    Verdict end_by_reset(flow::Flow& flow);
    Verdict syn_in_open(const Arrival& arrival);
    Verdict syn_ack_in_open(const Arrival& arrival);
    /// flow::follow(), and what it tells of how the connection closes.
    [[gnu::hot]] void follow(flow::Flow& flow, const wire::Segment& segment);
    /// The handshake of a half-open flow is complete: counts it and how long its client took.
    void count_handshake(const flow::Flow& flow);
    void measure_server(const flow::Flow& flow);
    /// For how long a half-open flow of a client has waited, if that is known.
    [[nodiscard]] std::optional<tcp::Duration> handshake_time(const flow::Flow& flow) const;

    const PolicyGeneration* generation_;
    std::uint64_t generation_number_;  ///< the generation itself may be gone between batches
    flow::Table& table_;
    ConnectingPool& connecting_;
    const tcp::TupleHasher& hasher_;
    Surroundings surroundings_;
    LinkHeaders link_headers_;
    AddressOffers address_offers_;
    ProbePace probe_pace_;
    Originations originations_;
    tcp::CookieKeys keys_;
    std::vector<ServiceState> services_;
    AnswerLimit answer_limit_;
    SourceBudgets source_budgets_;
    RefusedPorts refused_ports_;
    PortNewsList port_news_;
    RememberedSyns remembered_syns_;
    AdmittedSources admitted_;
    Figures figures_;
    Census census_;
    /// By which the expiry of half-open flows is set, and since when by it alone: from the two of
    /// them follows when a flow was stamped.
    tcp::Duration stamp_patience_;
    tcp::Time stamps_told_from_{tcp::Duration::min()};
    PickUp pick_up_;
    FloodDecider floods_;
    PlainDecider plain_;
    tcp::Time now_;
    tcp::Time epoch_began_;
    std::array<bool, 2> has_issued_{};  ///< by the epoch's lowest bit: any cookie, of any service
    bool has_news_ = false;             ///< a server offers something else than cookies promise
    std::uint64_t flow_changes_ = 0;
    bool is_settling_ = false;  ///< flows may refer to retired services
    std::uint32_t next_to_settle_ = 0;
    std::uint64_t settling_;  ///< the generation whose flows this round of settling finds
    std::uint64_t settled_;
};

}  // namespace synward::defense
