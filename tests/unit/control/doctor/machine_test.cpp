// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/machine.h"

#include <gtest/gtest.h>

#include "machine_fixture.h"

namespace synward::control {
namespace {

struct ListCase {
    const char* text;
    std::vector<unsigned> numbers;
    const char* again;
};

TEST(Machine, ReadsTheKernelsListsOfNumbers) {
    const ListCase cases[] = {
        {"", {}, ""},
        {"0", {0}, "0"},
        {"0-3", {0, 1, 2, 3}, "0-3"},
        {"0-1,4,6-7", {0, 1, 4, 6, 7}, "0-1,4,6-7"},
        {"3,1,2", {3, 1, 2}, "1-3"},
        {"(null)", {}, ""},
        {"5-2", {}, ""},
        {"1,x,3", {1, 3}, "1,3"},
    };
    for (const ListCase& one : cases) {
        EXPECT_EQ(numbers_in(one.text), one.numbers) << one.text;
        EXPECT_EQ(list_of(one.numbers), one.again) << one.text;
    }
}

TEST(Machine, ReadsFilesNamesAndLinksUnderItsRoot) {
    test::MachineFolder folder;
    folder.file("/sys/a/number", "42\n");
    folder.file("/sys/a/word", "many words\n\n");
    folder.link("/sys/a/driver", "../../bus/drivers/vfio-pci");
    const Machine machine{folder.root()};
    EXPECT_EQ(machine.number("/sys/a/number"), 42);
    EXPECT_EQ(machine.text("/sys/a/word"), "many words");
    EXPECT_EQ(machine.number("/sys/a/word"), std::nullopt);
    EXPECT_EQ(machine.text("/sys/a/none"), std::nullopt);
    EXPECT_EQ(machine.names("/sys/a"), (std::vector<std::string>{"driver", "number", "word"}));
    EXPECT_EQ(machine.names("/sys/none"), std::vector<std::string>{});
    EXPECT_EQ(machine.link("/sys/a/driver"), "vfio-pci");
    EXPECT_EQ(machine.link("/sys/a/word"), std::nullopt);
    EXPECT_TRUE(machine.exists("/sys/a"));
    EXPECT_FALSE(machine.exists("/sys/b"));
}

}  // namespace
}  // namespace synward::control
