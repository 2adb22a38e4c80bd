#pragma once
// Pieces of sentences. Whatever a peer sent goes through `quoted`.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.hpp"
#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

/// The title of server_silent where the server had begun to answer.
inline constexpr std::string_view stalled_in_handshake =
    "the server stopped in the middle of the handshake";

/// In quotation marks, made harmless, and cut at a sensible length. A quotation mark of the peer's
/// is escaped too: it would end what is the peer's own word. An object, because a function
/// of this name would lose to std::quoted wherever a std::string is given and <iomanip> is
/// included.
struct Quote {
  std::string operator()(std::string_view raw) const;
};
inline constexpr Quote quoted;

/// The pieces, one behind the other: for what every verdict says, and a format would be read for.
std::string concat(std::initializer_list<std::string_view> pieces);
/// "1 byte", "17 bytes".
std::string count(std::uint64_t number, std::string_view noun);
/// "0.4 ms", "12 ms", "3.0 s".
std::string duration(std::chrono::microseconds time);
/// "host:port" of the target, or "the server".
std::string target_text(const Facts& facts);
/// "a, b and 3 more": the first few of `total` items.
std::string listed(const std::vector<std::string>& first, std::size_t total);

}  // namespace legible::proxy::diagnosis
