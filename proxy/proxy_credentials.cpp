#include "proxy/proxy_credentials.hpp"

#include "proxy/base64.hpp"

namespace legible::proxy {

std::string basic(const ProxyCredentials& credentials) {
  return "Basic " + base64(credentials.user + ":" + credentials.password);
}

}  // namespace legible::proxy
