#pragma once
// HTTP content without its codings (RFC 9110 section 8.4), to be shown: never what is relayed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace legible::proxy {

/// Content made to grow without end (a bomb) is cut here.
struct DecodeLimits {
  std::size_t bytes = 1 << 20;  ///< of the result of each coding
  std::size_t ratio = 100;      ///< of the result's size to that of what was sent
  std::size_t codings = 4;      ///< of one message
};

struct DecodedContent {
  enum class State : std::uint8_t {
    whole,
    incomplete,  ///< the coded content ends too early
    cut,         ///< a limit was reached
    corrupt,     ///< what follows is not as the coding says
    unknown,     ///< a coding that is not known here, or too many: `bytes` is empty
  };

  std::vector<std::uint8_t> bytes;  ///< as far as it could be decoded
  State state = State::whole;
};

/// Undoes the codings that a Content-Encoding field lists, in the order in which they were applied:
/// gzip, deflate (RFC 1950, and RFC 1951 alone, as some servers send it), br (RFC 7932), zstd
/// (RFC 8878); identity is none. Memory is bounded by the limits and by the codings' windows, at
/// most 16 MiB. Throws std::bad_alloc only.
DecodedContent decode_content(std::string_view codings, std::span<const std::uint8_t> content,
                              const DecodeLimits& limits = {});

}  // namespace legible::proxy
