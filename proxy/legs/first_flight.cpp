#include "proxy/legs/first_flight.hpp"

#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::proxy {
namespace {

using Lack = FirstFlight::Lack;

/// Why nothing more can be read of the hello, if so.
std::optional<Lack> hopelessness(std::span<const Entry> entries) {
  for (const Entry& entry : entries) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    if (!observation) continue;
    if (std::holds_alternative<parser::Malformed>(*observation)) return Lack::broken_hello;
    if (std::holds_alternative<parser::LimitReached>(*observation)) return Lack::hello_too_long;
  }
  return std::nullopt;
}

Lack lack_of_tls(parser::Protocol protocol, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view http2 = "PRI ";
  const bool http =
      protocol == parser::Protocol::http || protocol == parser::Protocol::http_connect;
  return http && !parser::as_text(bytes).starts_with(http2) ? Lack::plain_http : Lack::no_tls;
}

}  // namespace

std::optional<Lack> lack_of_first_flight(const parser::ClientHello* hello,
                                         std::span<const Entry> entries,
                                         std::span<const std::uint8_t> bytes, std::size_t longest) {
  const auto hopeless = hopelessness(entries);
  const auto begins = parser::detect_protocol(parser::Side::client, bytes);
  if (begins == parser::Protocol::proxy_protocol) return Lack::proxy_header;
  if (hello) return hopeless.value_or(Lack::none);
  if (begins && *begins != parser::Protocol::tls) return lack_of_tls(*begins, bytes);
  if (begins && parser::begins_without_hello(bytes)) return Lack::broken_hello;
  if (hopeless) return hopeless;
  return bytes.size() > longest ? std::optional(Lack::hello_too_long) : std::nullopt;
}

Lack lack_of_ended_flight(std::span<const std::uint8_t> bytes) {
  const bool tls = !bytes.empty() && parser::begins_tls_record(bytes.front());
  return tls ? Lack::broken_hello : Lack::no_tls;
}

}  // namespace legible::proxy
