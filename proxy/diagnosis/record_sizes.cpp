#include "proxy/diagnosis/record_sizes.hpp"

#include <algorithm>
#include <string_view>

#include "parser/cipher_traits.hpp"

namespace legible::proxy::diagnosis {
namespace {

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

bool only_said_quit(const Facts& facts) {
  constexpr std::string_view quit = "QUIT\r\n";
  const bool mail = facts.dialogue && facts.dialogue->protocol == parser::Protocol::smtp;
  return mail && facts.both_finished() && clients_only_words(facts) == quit.size();
}

}  // namespace legible::proxy::diagnosis
