#include "proxy/diagnosis/record_sizes.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "parser/cipher_traits.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// Of what a record of data holds, with JSSE's padding, where that is known: LOGOUT, QUIT, a close
/// frame. A request of HTTP is seldom shorter.
constexpr std::uint32_t longest_last_words = 48;

/// HTTP/2 takes leave inside TLS.
bool may_speak_http2(const Facts& facts) {
  if (facts.alpn) return *facts.alpn == "h2";
  return facts.hello && std::ranges::find(facts.hello->alpn, "h2") != facts.hello->alpn.end();
}

bool is_goodbye(const Facts& facts, const parser::RecordTail::Record& record) {
  const bool data = record.type == parser::content_type::application_data;
  const auto bytes =
      data && !may_speak_http2(facts) ? plaintext_bytes(facts, record.length) : std::nullopt;
  return bytes ? *bytes <= longest_last_words : record.length <= longest_goodbye_record;
}

/// Bytes of all that the client said after its Finished, if that was one record, an alert behind it
/// not counted; nothing where that cannot be told.
std::optional<std::uint32_t> clients_only_words(const Facts& facts) {
  constexpr std::uint32_t alert = 2;
  // RFC 8446 section 4.4.4: a header of 4 bytes, and the length of SHA-256 or SHA-384.
  constexpr std::uint32_t finished_sha256 = 4 + 32;
  constexpr std::uint32_t finished_sha384 = 4 + 48;
  const parser::RecordTail* tail = facts.client().tail;
  if (!facts.server_hello || !tail) return std::nullopt;

  std::uint64_t others = tail->application_bytes;
  const auto* record = tail->last.begin();
  const bool clear_type = record->type == parser::content_type::alert;
  const bool hidden_type = facts.tls13() && plaintext_bytes(facts, record->length) == alert;
  if (clear_type || hidden_type) {
    if (!clear_type) others -= std::min<std::uint64_t>(others, record->length);
    ++record;
  }
  if (record->type != parser::content_type::application_data) return std::nullopt;
  others -= std::min<std::uint64_t>(others, record->length);
  if (facts.tls13()) {
    const auto before = plaintext_bytes(facts, others);
    if (before != finished_sha256 && before != finished_sha384) return std::nullopt;
  } else if (others > 0) {
    return std::nullopt;
  }
  return plaintext_bytes(facts, record->length);
}

}  // namespace

std::optional<std::uint32_t> plaintext_bytes(const Facts& facts, std::uint64_t record) {
  const auto suite = parser::traits(facts.server_hello->cipher);
  if (suite.protection != parser::RecordProtection::aead) return std::nullopt;
  const std::uint32_t added =
      suite.tag_bytes + (facts.tls13() ? 1u : std::uint32_t{suite.explicit_nonce_bytes});
  if (record <= added) return std::nullopt;
  return static_cast<std::uint32_t>(record - added);
}

std::optional<Confidence> holds_request(const Facts& facts, std::uint64_t bytes) {
  // HTTP/2's small frames add up.
  if (bytes > longest_leave && !may_speak_http2(facts)) return Confidence::high;
  const parser::RecordTail* tail = facts.client().tail;
  if (!tail) return std::nullopt;
  for (const parser::RecordTail::Record& record : tail->last) {
    if (record.length + record_header > bytes) return std::nullopt;
    if (record.length > longest_goodbye_record) return Confidence::high;
    if (!is_goodbye(facts, record)) return Confidence::medium;
    bytes -= record.length + record_header;
  }
  return std::nullopt;
}

std::uint64_t closing_alert_bytes(const Facts& facts, Leg side) {
  constexpr std::uint32_t alert = 2;
  const parser::RecordTail* tail = facts.side(side).tail;
  if (!tail) return 0;
  const auto is_alert = [&](const parser::RecordTail::Record& record) {
    return record.type == parser::content_type::alert ||
           (facts.tls13() && plaintext_bytes(facts, record.length) == alert);
  };
  const auto& [last, before] = std::pair(tail->last[0], tail->last[1]);
  if (!is_alert(last)) return 0;
  const std::uint64_t one = last.length + record_header;
  return is_alert(before) && before.length == last.length ? 2 * one : one;
}

bool repeats_request(const Facts& facts, std::uint64_t bytes) {
  // MySQL's COM_QUIT is as long as its COM_PING; no request of HTTP is as short as this.
  constexpr std::uint32_t shortest_request = 24;
  const parser::RecordTail* tail = facts.client().tail;
  if (!tail) return false;
  const auto is_request = [&](const parser::RecordTail::Record& record) {
    return record.type == parser::content_type::application_data &&
           plaintext_bytes(facts, record.length).value_or(0) >= shortest_request;
  };
  const auto* const last = std::ranges::find_if(tail->last, is_request);
  if (last == tail->last.end()) return false;
  const std::uint64_t whole = last->length + record_header;
  if (whole > bytes || bytes >= 2 * whole) return false;
  if (may_speak_http2(facts) && last->length <= longest_goodbye_record) return false;
  return std::any_of(last + 1, tail->last.end(), [&](const parser::RecordTail::Record& record) {
    return is_request(record) && record.length == last->length;
  });
}

bool only_said_quit(const Facts& facts) {
  constexpr std::string_view quit = "QUIT\r\n";
  const bool mail = facts.dialogue && facts.dialogue->protocol == parser::Protocol::smtp;
  return mail && facts.both_finished() && clients_only_words(facts) == quit.size();
}

}  // namespace legible::proxy::diagnosis
