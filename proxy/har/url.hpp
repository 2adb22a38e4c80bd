#pragma once
// What of a request an archive tells as URL and parameters.

#include <string>
#include <string_view>
#include <vector>

#include "proxy/har/exchange.hpp"

namespace legible::proxy::har {

/// The target URI (RFC 9110 section 7.1), raw. Its host is the one that the request names, else the
/// connection's target.
std::string url_of(const parser::HttpRequest& request, const ConnectionFacts& connection);

struct Parameter {
  std::string name;
  std::string value;
};

/// The pairs of a URL's query or a form's content (application/x-www-form-urlencoded), decoded.
std::vector<Parameter> parameters(std::string_view encoded);

/// What follows the first question mark and precedes a fragment.
std::string_view query_of(std::string_view url);

}  // namespace legible::proxy::har
