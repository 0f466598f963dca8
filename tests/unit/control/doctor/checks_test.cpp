// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "control/doctor/doctor.h"
#include "control/eal.h"
#include "machine_fixture.h"

namespace synward::control {
namespace {

using Level = Finding::Level;

/// A machine with two sockets of four cores, a card with two ports at the first, all set up well,
/// and a policy that fits it.
struct Appliance {
    Appliance() {
        folder.file(
            "/proc/cpuinfo",
            "processor\t: 0\nflags\t\t: fpu aes avx2 constant_tsc nonstop_tsc\nbugs\t\t:\n");
        folder.file("/sys/devices/system/cpu/online", "0-7\n");
        folder.file("/sys/devices/system/cpu/isolated", "2-3\n");
        folder.file("/sys/devices/system/cpu/nohz_full", "2-3\n");
        for (unsigned core = 0; core < 8; ++core) {
            const std::string processor = "/sys/devices/system/cpu/cpu" + std::to_string(core);
            folder.file(processor + "/cpufreq/scaling_governor", "performance\n");
            folder.file(processor + "/topology/thread_siblings_list", std::to_string(core) + "\n");
        }
        folder.file("/sys/devices/system/node/node0/cpulist", "0-3\n");
        folder.file("/sys/devices/system/node/node1/cpulist", "4-7\n");
        folder.file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "512\n");
        folder.file("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
        folder.file("/proc/mounts",
                    "proc /proc proc rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
        folder.folder("/sys/kernel/iommu_groups/7");
        for (const std::string device : {"0000:3b:00.0", "0000:3b:00.1"}) {
            const std::string place = "/sys/bus/pci/devices/" + device;
            folder.file(place + "/numa_node", "0\n");
            folder.link(place + "/driver", "../../../bus/pci/drivers/vfio-pci");
        }
        for (const std::string interface : {"eth1", "eth2"}) {
            folder.file("/sys/class/net/" + interface + "/mtu", "1500\n");
        }
        configuration.links = {{"uplink", "0000:3b:00.0", "0000:3b:00.1"}};
        configuration.workers.cores = {2, 3};
    }

    [[nodiscard]] Findings examine() const {
        const Machine machine{folder.root()};
        return control::examine({.machine = machine,
                                 .configuration = configuration,
                                 .memory_needed = memory_needed,
                                 .locked_memory_limit = locked_memory_limit,
                                 .offloads_of = [this](const std::string&) { return offloads; }});
    }
    void use_interfaces() {
        configuration.links = {
            {"uplink", "net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2,qpairs=1"}};
    }

    test::MachineFolder folder;
    config::Configuration configuration;
    std::uint64_t memory_needed = 900 * kMegabyte;
    std::optional<std::uint64_t> locked_memory_limit;
    std::optional<InterfaceOffloads> offloads = InterfaceOffloads{};
};

TEST(Doctor, FindsNothingAtAnApplianceThatIsSetUp) {
    const Appliance appliance;
    for (const Finding& finding : appliance.examine()) {
        EXPECT_EQ(finding.level, Level::kPass) << text_of({finding});
        EXPECT_EQ(finding.remedy, "") << text_of({finding});
    }
}

TEST(Doctor, FindsTheFilesThatCapturesNeed) {
    Appliance appliance;
    appliance.configuration.dpdk.secondary_processes = true;
    appliance.configuration.eal_arguments = {"--huge-dir", "/dev/hugepages"};
    const Findings findings = appliance.examine();
    EXPECT_TRUE(none_fails(findings)) << text_of(findings);
    EXPECT_NE(text_of(findings).find("hugetlbfs is mounted at /dev/hugepages"), std::string::npos);
}

struct Fault {
    const char* name;
    std::function<void(Appliance&)> make;
    Level level;
    const char* subject;
    const char* text;    ///< is in the finding's text
    const char* remedy;  ///< is in its remedy
};

const Fault kFaults[] = {
    {"no AES", [](Appliance& a) { a.folder.file("/proc/cpuinfo", "flags\t: fpu\n"); }, Level::kWarn,
     "processor", "no AES", "processor model"},
    {"core missing",
     [](Appliance& a) {
         a.configuration.workers.cores = {2, 9};
     },
     Level::kFail, "cores", "names 9, and only 0-7", "cores that are there"},
    {"two threads of one core",
     [](Appliance& a) {
         a.folder.file("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2-3\n");
     },
     Level::kWarn, "cores", "workers 2 and 3 are two threads", "one of each pair"},
    {"no core left", [](Appliance& a) { a.configuration.workers.cores = {0, 1, 2, 3, 4, 5, 6, 7}; },
     Level::kWarn, "cores", "every core has a worker", "leave one"},
    {"not isolated", [](Appliance& a) { a.folder.file("/sys/devices/system/cpu/isolated", "3\n"); },
     Level::kWarn, "isolation", "cores 2:", "isolcpus=2-3"},
    {"timer tick",
     [](Appliance& a) { a.folder.file("/sys/devices/system/cpu/nohz_full", "(null)\n"); },
     Level::kWarn, "isolation", "cores 2-3:", "nohz_full=2-3"},
    {"governor",
     [](Appliance& a) {
         a.folder.file("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n");
     },
     Level::kWarn, "governor", "cores 3 are under the governor 'powersave'",
     "cpupower -c 3 frequency-set -g performance"},
    {"unsteady clock",
     [](Appliance& a) { a.folder.file("/proc/cpuinfo", "x\nflags\t: aes constant_tsc\n"); },
     Level::kWarn, "clock", "not said to be steady", "invtsc"},
    {"no huge pages",
     [](Appliance& a) {
         a.folder.file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "10\n");
     },
     Level::kWarn, "huge pages", "20 MiB free, 900 MiB needed", "synward-setup hugepages 900"},
    {"huge pages required",
     [](Appliance& a) {
         a.configuration.memory.huge_pages = config::HugePages::kOn;
         a.memory_needed = 2000 * kMegabyte;
     },
     Level::kFail, "huge pages", "1024 MiB free, 2000 MiB needed", "hugepages=1000"},
    {"huge pages for captures",
     [](Appliance& a) {
         a.configuration.dpdk.secondary_processes = true;
         a.memory_needed = 1020 * kMegabyte;
     },
     Level::kFail, "huge pages", "1036 MiB needed: synward does not start (dpdk.secondary",
     "synward-setup hugepages 1036"},
    {"no files of huge pages",
     [](Appliance& a) {
         a.configuration.dpdk.secondary_processes = true;
         a.folder.file("/proc/mounts", "proc /proc proc rw 0 0\n");
     },
     Level::kFail, "huge page files", "no hugetlbfs is mounted: synward does not start",
     "mount -t hugetlbfs"},
    {"files of huge pages elsewhere",
     [](Appliance& a) {
         a.configuration.dpdk.secondary_processes = true;
         a.configuration.eal_arguments = {"--huge-dir=/dev/hugepages-synward"};
     },
     Level::kFail, "huge page files", "no hugetlbfs is mounted at /dev/hugepages-synward",
     "--huge-dir"},
    {"locked memory", [](Appliance& a) { a.locked_memory_limit = 8 * kMegabyte; }, Level::kWarn,
     "locked memory", "limited to 8 MiB", "LimitMEMLOCK=infinity"},
    {"no IOMMU", [](Appliance& a) { a.folder.remove("/sys/kernel/iommu_groups/7"); }, Level::kFail,
     "IOMMU", "is off", "intel_iommu=on"},
    {"kernel's driver",
     [](Appliance& a) {
         a.folder.link("/sys/bus/pci/devices/0000:3b:00.1/driver", "../drivers/ixgbe");
     },
     Level::kFail, "device 0000:3b:00.1", "the kernel's ixgbe", "synward-setup bind 0000:3b:00.1"},
    {"no driver", [](Appliance& a) { a.folder.remove("/sys/bus/pci/devices/0000:3b:00.0/driver"); },
     Level::kFail, "device 0000:3b:00.0", "bound to no driver", "synward-setup bind 0000:3b:00.0"},
    {"no device", [](Appliance& a) { a.folder.remove("/sys/bus/pci/devices/0000:3b:00.0"); },
     Level::kFail, "device 0000:3b:00.0", "there is none", "lspci"},
    {"far worker",
     [](Appliance& a) {
         a.configuration.workers.cores = {2, 5};
     },
     Level::kWarn, "NUMA", "0000:3b:00.1 is at node 0, workers 5 are not", "of 0-3"},
    {"MTU",
     [](Appliance& a) {
         a.use_interfaces();
         a.folder.file("/sys/class/net/eth2/mtu", "9000\n");
     },
     Level::kFail, "MTU", "1500 outside and 9000 inside", "'mtu:' in the policy"},
    {"no interface",
     [](Appliance& a) {
         a.use_interfaces();
         a.folder.remove("/sys/class/net/eth2");
     },
     Level::kFail, "device net_af_packet1,iface=eth2,qpairs=1", "no interface eth2", "ip link"},
    {"joined segments",
     [](Appliance& a) {
         a.use_interfaces();
         a.offloads->receive_coalescing = true;
     },
     Level::kWarn, "offloads", "eth1 joins segments", "ethtool -K eth1 gro off"},
    {"RSS required",
     [](Appliance& a) { a.configuration.workers.steering = config::Steering::kRss; }, Level::kWarn,
     "RSS symmetry", "when synward starts", "auto"},
};

TEST(Doctor, NamesEachFaultAndWhatToDoAboutIt) {
    for (const Fault& fault : kFaults) {
        SCOPED_TRACE(fault.name);
        Appliance appliance;
        fault.make(appliance);
        const Findings findings = appliance.examine();
        const auto found =
            std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
                return finding.subject == fault.subject && finding.level == fault.level &&
                       finding.text.find(fault.text) != std::string::npos;
            });
        ASSERT_NE(found, findings.end()) << text_of(findings);
        EXPECT_NE(found->remedy.find(fault.remedy), std::string::npos) << text_of({*found});
        EXPECT_EQ(none_fails(findings), fault.level != Level::kFail);
    }
}

TEST(Doctor, SaysWhatToDoAboutEveryFindingOfABareMachine) {
    Appliance appliance;
    appliance.folder.remove("/sys");
    appliance.folder.remove("/proc");
    int complaints = 0;
    for (const Finding& finding : appliance.examine()) {
        if (finding.level != Level::kPass) {
            ++complaints;
            EXPECT_NE(finding.remedy, "") << text_of({finding});
        }
    }
    EXPECT_GE(complaints, 6);
}

TEST(Doctor, WritesFindingsForPeopleAndForPrograms) {
    const Findings findings{{Level::kPass, "clock", "steady", ""},
                            {Level::kWarn, "cores", "shared", "leave one"}};
    EXPECT_EQ(text_of(findings),
              "pass  clock: steady\n"
              "warn  cores: shared\n"
              "      -> leave one\n");
    EXPECT_NE(json_of(findings).find(R"("level": "warn")"), std::string::npos);
    EXPECT_NE(json_of(findings).find(R"("remedy": "leave one")"), std::string::npos);
}

}  // namespace
}  // namespace synward::control
