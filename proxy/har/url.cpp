#include "proxy/har/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace legible::proxy::har {
namespace {

/// A '%' that no two hexadecimal digits follow stays.
std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string host_of(const parser::HttpRequest& request, const ConnectionFacts& connection) {
  if (!request.authority.empty()) return request.authority;
  if (const auto host = request.headers.find("Host"); host && !host->empty()) {
    return std::string(*host);
  }
  const bool v6 = connection.target.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", connection.target, v6 ? "]" : "",
                     connection.target_port);
}

}  // namespace

std::string url_of(const parser::HttpRequest& request, const ConnectionFacts& connection) {
  const std::string& target = request.target;
  const bool absolute = target.find("://") < target.find_first_of("/?");
  if (absolute) return target;
  const bool tls = connection.tls[static_cast<std::size_t>(Leg::server)].has_value();
  const std::string_view scheme = tls ? "https" : "http";
  // RFC 9112 section 3.2.3.
  if (request.method == "CONNECT" && !target.empty()) return fmt::format("{}://{}", scheme, target);
  // Section 3.2.4: "*" has no path.
  const std::string_view path = target == "*" ? std::string_view() : target;
  return fmt::format("{}://{}{}", scheme, host_of(request, connection), path);
}

std::string_view query_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  return mark == url.npos ? std::string_view() : url.substr(mark + 1);
}

std::vector<Parameter> parameters(std::string_view encoded) {
  std::vector<Parameter> all;
  while (!encoded.empty()) {
    const std::size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    all.push_back(
        {decoded(pair.substr(0, equals)), decoded(pair.substr(std::min(equals + 1, pair.size())))});
  }
  return all;
}

}  // namespace legible::proxy::har
