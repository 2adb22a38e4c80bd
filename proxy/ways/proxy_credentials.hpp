#pragma once

#include <string>

namespace legible::proxy {

/// User and password that a proxy wants of its clients.
struct ProxyCredentials {
  std::string user;
  std::string password;

  bool operator==(const ProxyCredentials&) const = default;
};

/// The value of an Authorization field of the scheme Basic (RFC 7617 section 2).
std::string basic(const ProxyCredentials& credentials);

}  // namespace legible::proxy
