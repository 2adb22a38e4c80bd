#pragma once
// Pages that the proxy itself answers with.

#include <cstdint>
#include <string>
#include <string_view>

namespace legible::proxy {

struct HttpPage {
  /// What becomes of the connection.
  enum class After : std::uint8_t { close, open };

  int status = 200;
  std::string_view reason;
  std::string body;
  std::string_view headers = {};  ///< lines of its own, each with its CRLF
  std::string_view content_type = "text/plain; charset=utf-8";

  /// The whole response.
  std::string answer(After after = After::close) const;
};

/// What a client gets that speaks plain HTTP where TLS is. `why`: a clause that says how it is
/// known.
HttpPage page_for_plain_http(std::string_view why);

}  // namespace legible::proxy
