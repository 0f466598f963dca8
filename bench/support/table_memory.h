// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

namespace synward::bench {

/// Zeroed memory on transparent huge pages where the kernel has them and they are wanted.
class TableMemory {
  public:
    TableMemory(std::size_t bytes, bool huge_pages)
        : memory_{map(bytes, huge_pages), Unmap{bytes}}, bytes_{bytes} {}

    [[nodiscard]] std::span<std::byte> span() const { return {memory_.get(), bytes_}; }

  private:
    struct Unmap {
        std::size_t bytes;
        void operator()(std::byte* memory) const { munmap(memory, bytes); }
    };
    static std::byte* map(std::size_t bytes, bool huge_pages) {
        void* const memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::perror("mmap");
            std::exit(EXIT_FAILURE);
        }
        madvise(memory, bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        return static_cast<std::byte*>(memory);
    }

    std::unique_ptr<std::byte, Unmap> memory_;
    std::size_t bytes_;
};

}  // namespace synward::bench
