#include "proxy/text/tls_words.hpp"

#include <algorithm>
#include <array>

namespace legible::proxy {

std::string_view words_for_tls(std::string_view text) {
  static constexpr std::array<std::string_view, 4> words{
      "The plain HTTP request was sent to HTTPS port",      // nginx
      "speaking plain HTTP to an SSL-enabled server port",  // Apache
      "This combination of host and port requires TLS",     // Tomcat
      "Client sent an HTTP request to an HTTPS server",     // Go, and what is written in it
  };
  const auto* const found = std::ranges::find_if(
      words, [&](std::string_view each) { return text.find(each) != std::string_view::npos; });
  return found == words.end() ? std::string_view() : *found;
}

}  // namespace legible::proxy
