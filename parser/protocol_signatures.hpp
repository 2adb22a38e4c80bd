#pragma once
// How the protocols that may stand in TLS's place begin.

#include <cstdint>
#include <span>

#include "parser/observation.hpp"

namespace legible::parser {

/// `no` and `yes` hold for every longer input too: this makes a decision final.
enum class Match : std::uint8_t { no, partial, yes };

/// A way to tell a protocol by a stream's first bytes.
struct Signature {
  Protocol protocol;
  Match (*match)(std::span<const std::uint8_t> bytes);
};

/// What each side may begin with, in the order of preference.
std::span<const Signature> signatures_of(Side side);

/// The three digits that begin a reply of SMTP (RFC 5321 section 4.2) and FTP (RFC 959 section
/// 4.2), as they may stand in a greeting.
Match match_greeting_code(std::span<const std::uint8_t> bytes);

}  // namespace legible::parser
