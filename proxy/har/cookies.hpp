#pragma once
// Cookies of requests and responses: RFC 6265.

#include <string_view>
#include <utility>
#include <vector>

namespace legible::proxy::har {

/// Views of the field's value.
struct Cookie {
  std::string_view name;
  std::string_view value;
  std::string_view path;
  std::string_view domain;
  bool http_only = false;
  bool secure = false;
};

/// The pairs of a Cookie field: section 4.2.
std::vector<Cookie> sent_cookies(std::string_view field);
/// The cookie of a Set-Cookie field: section 4.1.
Cookie set_cookie(std::string_view field);

}  // namespace legible::proxy::har
