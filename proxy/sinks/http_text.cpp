#include "proxy/sinks/http_text.hpp"

#include <fmt/format.h>

#include "parser/iana_tables.hpp"
#include "proxy/text/escape.hpp"
#include "proxy/text/text_layout.hpp"

namespace legible::proxy {
namespace {

constexpr std::size_t longest_method = 20;
constexpr std::size_t longest_target = 60;

std::string error_text(parser::Http2Error error) {
  const std::string_view known = parser::name(error);
  return known.empty() ? fmt::format("error 0x{:x}", error.value) : std::string(known);
}

std::string duration_text(std::chrono::microseconds took) {
  const std::chrono::duration<double, std::milli> milliseconds = took;
  constexpr double short_ones = 10;
  return milliseconds.count() < short_ones ? fmt::format("{:.1f} ms", milliseconds.count())
                                           : fmt::format("{:.0f} ms", milliseconds.count());
}

std::string exchange_text(const ExchangeDigest& exchange) {
  std::string line =
      exchange.method.empty()
          ? std::string("(no request)")
          : fmt::format("{} {}", elided(escape_utf8(exchange.method), longest_method),
                        elided(escape_utf8(exchange.target), longest_target));
  if (exchange.status == 0) {
    line += " → no answer";
  } else {
    line += fmt::format(" → {}  {}", exchange.status, bytes_text(exchange.body_bytes));
    if (!exchange.method.empty()) line += "  " + duration_text(exchange.took);
    if (!exchange.complete) line += "  cut short";
  }
  if (exchange.web_socket_messages > 0) {
    line += fmt::format("  then {} WebSocket messages", exchange.web_socket_messages);
  }
  // A server may cut a request short that it has answered: RFC 9113 section 8.1.
  const bool answered = exchange.complete && exchange.reset && exchange.reset->value == 0;
  if (exchange.reset && !answered)
    line += fmt::format("  RST_STREAM {}", error_text(*exchange.reset));
  return line;
}

}  // namespace

std::vector<std::string> http_lines(const HttpDigest& digest) {
  std::vector<std::string> lines;
  for (const ExchangeDigest& exchange : digest.exchanges()) {
    lines.push_back(exchange_text(exchange));
  }
  if (digest.not_kept() > 0) lines.push_back(fmt::format("and {} more", digest.not_kept()));
  if (digest.failure()) {
    lines.push_back(fmt::format("GOAWAY {}  {}", error_text(digest.failure()->error),
                                elided(escape_utf8(digest.failure()->debug))));
  }
  return lines;
}

}  // namespace legible::proxy
