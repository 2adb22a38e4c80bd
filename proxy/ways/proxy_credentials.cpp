#include "proxy/ways/proxy_credentials.hpp"

#include "proxy/text/base64.hpp"

namespace legible::proxy {

std::string basic(const ProxyCredentials& credentials) {
  return "Basic " + base64(credentials.user + ":" + credentials.password);
}

}  // namespace legible::proxy
