#pragma once
// One fact of a timeline as a line for people.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/record/timeline.hpp"

namespace legible::proxy {

struct FactText {
  std::string_view who;  ///< "client", "server", "proxy"; of a handshake "both"
  std::string text;      ///< escaped, without colour
  bool bad = false;      ///< marked with a cross
};

/// How much is told: of a success only what was negotiated and shown.
enum class Detail { brief, full };

/// The line of an entry, or nothing when it has none of its own: a judgement is told with its
/// certificate, the end of a leg with the alert that came before it.
std::optional<FactText> fact_text(const Timeline& timeline, std::size_t index, Detail detail);

/// "partner.example:443", "[2001:db8::1]:443".
std::string target_text(const Target& target);

struct Handshake {
  std::chrono::microseconds took{};  ///< since the client was accepted
  bool resumed = false;
};
/// The handshake that was finished, if one was.
std::optional<Handshake> handshake(const Timeline& timeline);

}  // namespace legible::proxy
