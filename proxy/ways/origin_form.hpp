#pragma once
// A request in absolute form, as it is said to a proxy, and the same in origin form, as it is said
// to the server (RFC 9112 section 3.2).

#include <optional>
#include <string>
#include <string_view>

namespace legible::proxy {

/// The authority of an `http` URI, and what follows it.
struct AbsoluteForm {
  std::string_view authority;
  std::string_view rest;
};

/// `target` is a request line's. Absent: it is no URL of the scheme `http`. What is returned points
/// into it.
std::optional<AbsoluteForm> absolute_form(std::string_view target);

/// The head as the server gets it: in origin form (RFC 9112 section 3.2.1), without what is said to
/// the proxy, and with the URL's host, whatever Host said (section 3.2.2). Unless the request
/// `upgrades` the connection, it asks for one answer only: the next may be for another server.
/// `head` is whole, with the empty line at its end. None: the request line is not `method`, a
/// space, and a URL of the scheme `http`.
std::optional<std::string> in_origin_form(std::string_view head, std::string_view method,
                                          bool upgrades);

}  // namespace legible::proxy
