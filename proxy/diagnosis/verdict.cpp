#include "proxy/diagnosis/verdict.hpp"

#include <array>

namespace legible::proxy {
namespace {

template <std::size_t size, class Enum>
std::string_view at(const std::array<std::string_view, size>& ids, Enum value) {
  return ids.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view id(Outcome value) {
  static constexpr std::array<std::string_view, 4> ids{"ok", "not-tls", "aborted", "failed"};
  return at(ids, value);
}

std::string_view id(Phase value) {
  static constexpr std::array<std::string_view, 12> ids{
      "server-connect", "pre-hello",   "client-hello",  "hello-retry",
      "server-hello",   "server-auth", "client-auth",   "key-exchange",
      "post-handshake", "established", "renegotiation", "closing"};
  return at(ids, value);
}

std::string_view id(Closer value) {
  static constexpr std::array<std::string_view, 5> ids{"client", "server", "proxy", "nobody",
                                                       "ambiguous"};
  return at(ids, value);
}

std::string_view id(Mechanism value) {
  static constexpr std::array<std::string_view, 12> ids{
      "alert-fatal", "alert-encrypted", "alert-warning", "close-notify", "fin",
      "rst",         "plaintext-reply", "app-refusal",   "timeout",      "connect-failed",
      "still-open",  "proxy-abort"};
  return at(ids, value);
}

std::string_view id(Confidence value) {
  static constexpr std::array<std::string_view, 4> ids{"low", "medium", "high", "certain"};
  return at(ids, value);
}

}  // namespace legible::proxy
