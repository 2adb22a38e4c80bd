#include "proxy/ways/http_page.hpp"

#include <fmt/format.h>

namespace legible::proxy {

std::string HttpPage::answer(After after) const {
  // An error's page is told from one of the server's.
  const std::string text =
      status < 400 ? body : fmt::format("legible: {} {}\n\n{}\n", status, reason, body);
  return fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Server: legible\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-store\r\n"
      "{}"
      "Connection: {}\r\n"
      "\r\n"
      "{}",
      status, reason, content_type, text.size(), headers,
      after == After::close ? "close" : "keep-alive", text);
}

HttpPage page_for_plain_http(std::string_view why) {
  return {400, "Bad Request",
          fmt::format("This request is plain HTTP, where TLS is expected: {}.\n\n"
                      "Use https:// instead of http:// in the client's URL.",
                      why)};
}

}  // namespace legible::proxy
