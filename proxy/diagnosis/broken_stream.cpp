#include "proxy/diagnosis/broken_stream.hpp"

#include <fmt/format.h>

#include <string>

#include "parser/handshake_messages.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// With what a side's TLS begins, if not with its hello. A warning may come before that.
std::optional<std::string> strange_beginning(const SideFacts& side, parser::HandshakeType hello) {
  constexpr std::size_t header = 5;
  const auto& first = side.first_bytes;
  if (!first || first->protocol != parser::Protocol::tls || first->count < header) {
    return std::nullopt;
  }
  const auto& bytes = first->bytes;
  if (bytes[0] == parser::content_type::alert.value) return std::nullopt;
  if (bytes[0] != parser::content_type::handshake.value) {
    return fmt::format("a record of type {}", bytes[0]);
  }
  if (bytes[3] == 0 && bytes[4] == 0) return "an empty record";
  if (first->count == header || bytes[header] == hello.value) return std::nullopt;
  return fmt::format("a handshake message of type {}", bytes[header]);
}

}  // namespace

bool is_oversized_record(const parser::Malformed& malformed) {
  return malformed.what == "record" && malformed.field == "length";
}

bool is_no_record(const parser::Malformed& malformed) {
  return malformed.what == "record" && (malformed.field == "type" || malformed.field == "version");
}

std::string broken_format(const parser::Malformed& malformed, Leg leg) {
  if (is_no_record(malformed)) {
    return fmt::format("{} sent bytes that are no TLS record (byte {} of its stream)", who(leg),
                       malformed.offset);
  }
  if (malformed.what == "record" && malformed.field == "place") {
    return fmt::format("{} sent a record of a type that may not come there (byte {} of its stream)",
                       who(leg), malformed.offset);
  }
  return fmt::format("{}'s {} breaks its format at {} (byte {} of its stream)", who(leg),
                     quoted(malformed.what), quoted(malformed.field), malformed.offset);
}

Answer broken_stream(const Situation& situation, Leg leg) {
  const SideFacts& side = situation.facts.side(leg);
  Finding finding;
  finding.cause = Cause::protocol_violation;
  finding.confidence = Confidence::medium;
  if (const auto* malformed = side.malformed) {
    if (is_oversized_record(*malformed)) finding.cause = Cause::record_overflow;
    return finding.with(broken_format(*malformed, leg));
  }
  const auto hello = leg == Leg::client ? parser::handshake_type::client_hello
                                        : parser::handshake_type::server_hello;
  const auto beginning = strange_beginning(side, hello);
  if (!beginning) return std::nullopt;
  return finding.with(fmt::format("{} begins with {}, where {} belongs", who(leg), *beginning,
                                  parser::message_name(hello)));
}

std::string title_of_break(const Situation& situation, Leg leg) {
  const auto* malformed = situation.facts.side(leg).malformed;
  if (!malformed || !is_no_record(*malformed) || !situation.facts.both_finished()) return {};
  return fmt::format("{} sent bytes that are no TLS amid its encrypted data", who(leg));
}

Answer broken_amid_data(const Situation& situation) {
  const Facts& facts = situation.facts;
  const auto breaks = [&](Leg leg) {
    const auto* malformed = facts.side(leg).malformed;
    // Other faults of a record are overlooked by many, and the stream goes on.
    return malformed && (is_no_record(*malformed) || is_oversized_record(*malformed));
  };
  const bool by_server = breaks(Leg::server);
  // Where both do, they have agreed to go on in clear (FTP's CCC, RFC 4217 section 6).
  if (!facts.both_finished() || by_server == breaks(Leg::client)) return std::nullopt;
  const Leg leg = by_server ? Leg::server : Leg::client;
  Answer finding = broken_stream(situation, leg);
  finding->title = title_of_break(situation, leg);
  const bool noticed = by_server ? situation.client_closed() : situation.server_closed();
  if (noticed && !situation.after_silence()) finding->raise();
  return finding;
}

}  // namespace legible::proxy::diagnosis
