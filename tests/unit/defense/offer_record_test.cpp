// SPDX-License-Identifier: BSD-3-Clause
#include "defense/offer_record.h"

#include <gtest/gtest.h>

namespace synward::defense {
namespace {

const wire::HandshakeOptions kAskedForAll{
    .mss = 1460, .window_scale = 7, .sack_permitted = true, .timestamps = wire::Timestamps{1, 0}};
constexpr tcp::Time kNow{std::chrono::seconds{1'700'000'000}};

class Record : public testing::Test {
  protected:
    explicit Record(const OfferRules& given = {.pinned = {}, .most_mss = 1460})
        : rules{given}, record{rules} {}

    bool hear(const wire::HandshakeOptions& options, const wire::HandshakeOptions* asked,
              bool ecn = false, bool asked_ecn = false) {
        return record.learn(
            {.options = options, .ecn = ecn, .asked = asked, .asked_ecn = asked_ecn}, rules, kNow);
    }
    const ServerOffer& promised_from_now_on() {
        record.begin_epoch(++epoch);
        return record.promised(epoch);
    }
    tcp::Epoch epoch = 100;
    OfferRules rules;
    OfferRecord record;
};

TEST_F(Record, PromisesWhatLinksCarryAndLinuxOffersBeforeTheServerIsHeard) {
    for (const tcp::Epoch each : {0U, 1U}) {
        EXPECT_EQ(record.promised(each), (ServerOffer{.mss = 1460, .window_scale = 7}));
    }
    EXPECT_FALSE(record.heard_at());
}

TEST_F(Record, KeepsAnEpochsPromiseWhateverIsLearnedMeanwhile) {
    record.begin_epoch(10);
    EXPECT_TRUE(hear({.mss = 1400, .window_scale = 2}, &kAskedForAll, true));
    EXPECT_EQ(record.heard_at(), kNow);
    record.begin_epoch(10);
    EXPECT_EQ(record.promised(10).mss, 1460);
    EXPECT_EQ(record.promised(10).window_scale, 7);
    record.begin_epoch(11);
    EXPECT_EQ(record.promised(10).window_scale, 7);
    EXPECT_EQ(
        record.promised(11),
        (ServerOffer{
            .mss = 1400, .window_scale = 2, .sack = false, .timestamps = false, .ecn = true}));
}

TEST_F(Record, ThatSleptThroughEpochsPromisesWhatItKnewBefore) {
    record.begin_epoch(10);
    hear({.window_scale = 2}, nullptr);
    record.begin_epoch(14);
    EXPECT_EQ(record.promised(13).window_scale, 2) << "no cookie of 13 can say otherwise";
    EXPECT_EQ(record.promised(14).window_scale, 2);
    EXPECT_TRUE(record.may_have_promised(15));
    EXPECT_FALSE(record.may_have_promised(16));
}

TEST_F(Record, LearnsNothingFromTheAbsenceOfWhatWasNotAskedFor) {
    const wire::HandshakeOptions nothing_asked;
    hear({.mss = 1300}, &nothing_asked);
    hear({.mss = 1300}, nullptr);
    EXPECT_EQ(promised_from_now_on(), (ServerOffer{.mss = 1300, .window_scale = 7}));
}

TEST_F(Record, LearnsThatAServerDoesNotScaleAndThatItDoesAgain) {
    hear({}, &kAskedForAll);
    EXPECT_EQ(promised_from_now_on().window_scale, tcp::kNoWindowScale);
    hear({.window_scale = 0, .sack_permitted = true}, nullptr);
    EXPECT_EQ(promised_from_now_on().window_scale, 0);
    EXPECT_TRUE(record.promised(epoch).sack);
}

TEST_F(Record, LearnsOfEcnFromAnswersToSynsThatOfferIt) {
    hear({}, nullptr, true, false);
    EXPECT_TRUE(promised_from_now_on().ecn);
    hear({}, nullptr, false, false);
    EXPECT_TRUE(promised_from_now_on().ecn) << "it was not asked";
    hear({}, nullptr, false, true);
    EXPECT_FALSE(promised_from_now_on().ecn);
}

TEST_F(Record, PromisesNoLongerSegmentsThanTheLinksCarry) {
    hear({.mss = 8960}, nullptr);
    EXPECT_EQ(promised_from_now_on().mss, 1460);
}

TEST_F(Record, HurriesTheNextEpochForTheFirstNewsAlone) {
    const wire::HandshakeOptions usual{
        .mss = 1460, .window_scale = 7, .sack_permitted = true, .timestamps = wire::Timestamps{}};
    OfferRecord agreeing{rules};
    EXPECT_FALSE(agreeing.learn({.options = usual}, rules, kNow)) << "it is what is promised";
    EXPECT_FALSE(agreeing.learn({.options = {.mss = 1400}}, rules, kNow));
    EXPECT_TRUE(hear({.mss = 1400}, nullptr));
    EXPECT_FALSE(hear({.mss = 1300}, nullptr));
    OfferRecord next = record.successor();
    EXPECT_FALSE(next.heard_at());
    EXPECT_EQ(next.promised(0), record.promised(0));
    next.begin_epoch(50);
    EXPECT_EQ(next.promised(50).mss, 1300) << "what was known is known still";
}

class PinnedRecord : public Record {
  protected:
    PinnedRecord()
        : Record{{.pinned = {.mss = 1200,
                             .window_scale = 3,
                             .sack = false,
                             .timestamps = false,
                             .ecn = true},
                  .most_mss = 1460}} {}
};

TEST_F(PinnedRecord, KeepsToWhatThePolicyPins) {
    const ServerOffer pinned{
        .mss = 1200, .window_scale = 3, .sack = false, .timestamps = false, .ecn = true};
    EXPECT_EQ(record.promised(0), pinned);
    EXPECT_FALSE(hear(kAskedForAll, &kAskedForAll, false, true)) << "no news for anybody";
    EXPECT_EQ(promised_from_now_on(), pinned);
}

class SharedRecord : public Record {
  protected:
    SharedRecord() : Record{{.pinned = {}, .most_mss = 1460, .scale_is_fixed = true}} {}
};

TEST_F(SharedRecord, NeverPromisesAScaleThatAnotherBoxWouldNotKnow) {
    hear({.mss = 1400, .window_scale = 11}, &kAskedForAll);
    EXPECT_EQ(promised_from_now_on().window_scale, rules.fixed_scale());
    EXPECT_EQ(promised_from_now_on().mss, 1400) << "what only the client must know is learned";
    EXPECT_FALSE(record.promised(epoch).sack) << "what the cookie carries as well";
    hear({}, &kAskedForAll);
    EXPECT_EQ(promised_from_now_on().window_scale, tcp::kNoWindowScale) << "the cookie tells";
    EXPECT_EQ(rules.fixed_scale(), kUsualWindowScale);
    rules.pinned.window_scale = 4;
    EXPECT_EQ(rules.fixed_scale(), 4);
}

}  // namespace
}  // namespace synward::defense
